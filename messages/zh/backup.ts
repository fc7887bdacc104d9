import type { backup as en } from '../en/backup.ts';

export const backup: typeof en = {
  archive: {
    cannotWrite: (file) => `无法写入 ${file}`,
    cannotWriteFix: '请在该磁盘上腾出空间，或换一个位置。',
    cutManifest: (manifest) => `${manifest} 不完整`,
    damaged: (file, why) => `${file} 不完整或已损坏：${why}。未做任何更改。`,
    damagedFix: '请重新复制一份。',
    memberMissing: (member) => `缺少 ${member}`,
    noBackup: (file) => `${file} 不是本软件的备份。`,
    noFile: (file) => `${file}：没有这个文件。`,
    otherChecksum: (member) => `${member} 的校验和不符`,
    tarFails: 'tar 失败',
  },
  beforeDeploy: {
    noRoom: (needed, folder, left) => `更改前的备份可能需要 ${needed}，而 ${folder} 只剩 ${left}。`,
    noRoomFix: '请在那里腾出空间，或不做备份：npm run deploy -- --no-backup',
  },
  databases: {
    asking: (container) => `查询 ${container}`,
    loading: (database, container) => `向 ${container} 载入 ${database}`,
    makingRoles: (container) => `创建 ${container} 的角色`,
    tooOld: (dumped, container, version) =>
      `备份来自 PostgreSQL ${dumped}，而 ${container} 是 ${version}，无法读取。`,
    tooOldFix: (service, dumped) => `请为 ${service} 使用 PostgreSQL ${dumped} 或更高版本的镜像。`,
  },
  manifest: {
    damaged: (file, manifest) => `${file}：其中的 ${manifest} 已损坏。`,
    later: (file) => `${file} 由本软件的更高版本生成。`,
    laterFix: '请升级本软件。',
    members: {
      file: (target) => `文件 ${target}`,
      postgres: (database, service) => `${service} 的数据库 ${database}`,
      'postgres-roles': (service) => `${service} 的角色`,
      redis: (service) => `${service} 的数据`,
      secret: (name) => `密钥文件 ${name}`,
      volume: (volume) => `数据卷 ${volume}`,
    },
  },
  restore: {
    emptying: (volume) => `清空数据卷 ${volume}`,
    noPlace: (file, members) => `按当前设置，${file} 中的这些内容无处可放：${members}。`,
    noPlaceFix: '请把设置改回备份时的值；--list 可查看。',
    otherProject: (file, project, here) => `${file} 属于项目 "${project}"，而 BTCW_PROJECT 是 "${here}"。`,
    otherProjectFix: (project) => `请加 --project ${project}，或在 .env 中设置。`,
  },
  take: {
    copying: (volume) => `复制 ${volume}`,
    dumping: (container) => `导出 ${container}`,
    hostFolder: (folder, service) => `${folder}（${service}）是本机目录，不在备份中。`,
    noQueries: (containers) => `${containers} 正在运行但不接受查询，无法导出其中的数据。`,
    noQueriesFix: (container) =>
      `用 docker logs --tail 20 ${container} 查看原因。或先停止它：届时按原样复制它的文件。`,
    notPaused: (container, volume) =>
      `无法暂停 ${container}：${volume} 中的 SQLite 数据库可能前后不一致。请重新备份。`,
  },
  volumes: {
    filling: (volume) => `填充数据卷 ${volume}`,
  },
};
