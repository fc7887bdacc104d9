import type { lib as en } from '../en/lib.ts';

export const lib: typeof en = {
  access: {
    forbidden: (path) => `${path}：没有权限。`,
    ofAnother: (path, owner) => `${path} 属于 ${owner}，当前用户无权读取和修改。`,
    ofAnotherFix: (owner) =>
      owner === 'root'
        ? '像之前一样用 sudo 运行同一命令；或把工作副本交给当前用户：sudo chown -R "$USER" . && npm run up'
        : `像之前一样以 ${owner} 的身份运行同一命令。`,
  },
  and: ' 和 ',
  bytes: '字节',
  refused: (reason) => `系统拒绝：${reason}`,
  appProfile: {
    namesNo: {
      login: (profile) => `应用描述 "${profile}" 中没有登录`,
      token: (profile) => `应用描述 "${profile}" 中没有带令牌的 WebSocket`,
      topic: (profile) => `应用描述 "${profile}" 中没有规定时限的主题`,
      webSocket: (profile) => `应用描述 "${profile}" 中没有 WebSocket`,
      whoPath: (profile) => `应用描述 "${profile}" 中没有查询令牌所属用户的路径`,
    },
  },
  confirm: { typeYes: (question) => `${question}输入 "yes" 确认：` },
  environment: { notTerraform: (name) => `此命令由 Terraform 启动，并由它提供 ${name}。未作任何更改。` },
  files: {
    cannotWrite: (path, reason) => `无法写入 ${path}：${reason}`,
    makeRoom: '在其所在磁盘上腾出空间，然后重新运行。',
    notRegular: '应为普通文件，不能是目录、管道或设备',
    tooLarge: (kib) => `应存放一个机密，但文件超过 ${kib} KiB`,
  },
  live: {
    fetches: (image) => `正在拉取 ${image}`,
    messagesSoFar: (count) => `已收到 ${count} 条消息`,
    more: (count) => `  … 另有 ${count} 项`,
  },
  http: {
    noAnswerWithin: (sec) => `${sec} 秒内没有响应`,
    status: (status) => `状态码 ${status}`,
  },
  npmFlags: {
    kept: (flags) => `npm 截留了 ${flags}，没有传递它的值。`,
  },
  ports: {
    anotherProgram: '另一个程序',
    outgoing: '本机的一个外出连接',
    outgoingFix: (port) =>
      `请一分钟后再试。要让该端口保持空闲：sudo sysctl -w net.ipv4.ip_local_reserved_ports=${port}`,
    process: (program, pid) => `${program}（进程 ${pid}）`,
    someProgram: '某个程序',
    stopIt: '停止它，或换一个端口。',
  },
  profile: {
    aliases: '别名没有对应的锚点，或者别名、层级过多',
    besideLogin: '必须与提供令牌的 login 同时出现',
    deadline: '应为 "any time"，或 "5s"、"2m" 这样的时长',
    docs: '各个键的说明见 docs/app-profile.md。',
    form: '应为 oauth2 或 json',
    from: '应为 client、server 或 none',
    keys: '应含有下一级的键',
    missing: '缺失',
    name: '应为一个名称',
    noKey: '不是应用描述的键',
    oneOfKeys: (keys) => `应含有其中之一：${keys}`,
    path: '应为以 "/" 开头的路径',
    text: '应为文本',
    theFile: '整个文件',
    time: '应为 "5s"、"2m" 这样的时长',
  },
  mounts: {
    mountedWith: (option) => `挂载选项含 "${option}"`,
    nowhere: (reasons) => `没有可以制作基础镜像的目录。${reasons}。`,
    nowhereFix: '把 TMPDIR 设为有 1 GiB 可用空间、且其文件系统挂载时不带这些选项的目录。',
    tooSmall: (mebibytes) => `可用空间只有 ${mebibytes} MiB`,
  },
  programs: { failed: (what, command) => `${what}："${command}" 执行失败。` },
  span: {
    days: (count) => `${count} 天`,
    hours: (count) => `${count} 小时`,
    minutes: (count) => `${count} 分钟`,
    seconds: (count) => `${count} 秒`,
  },
  webSocket: { closed: (reason) => `连接已关闭：${reason}` },
};
