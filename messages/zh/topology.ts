import type { topology as en } from '../en/topology.ts';

export const topology: typeof en = {
  disruption: {
    away: (service) => `${service} 不可用`,
    beforeBackend: '后端等待',
    cache: '缓存不可用',
    database: '查询失败',
    frontend: '页面等待，连接保持',
    guard: '期间规则仍然有效',
    hostBackend: '请求失败',
    hostFrontend: '页面等待',
    sockets: '连接中断',
    tunnel: '隧道中断',
  },
  resources: {
    configuration: (container) => `${container} 的配置`,
    image: (reference) => `镜像 ${reference}`,
    network: (name) => `网络 ${name}`,
    run: (container) => `${container}（运行至结束）`,
    volume: (name) => `数据卷 ${name}`,
  },
  secretEnvironment: {
    emptySecret: (file) => `${file}：文件为空。请删除该文件，然后重新运行。`,
    generated: (where, name) =>
      `${where}：${name} 由 BTCW_BACKEND_GENERATE 生成，不应在这里再设置。请只保留一处。`,
    name: (name) => `"${name}" 不能作为机密变量：shell 无法导出名称含 "." 或 "-" 的变量。请改名。`,
    replaced: (where, name) => `${where}：${name} 将由生成的值代替。`,
    unset: (file, names) =>
      `${file}：${names} 没有设置，与 Docker Compose 一样按空值处理。如需 "$" 本身，请用单引号。`,
  },
  standIns: {
    python: (made, asked) => `用 Python 3.${made} 代替 3.${asked}`,
  },
  topology: {
    and: ' 和 ',
    dependsOnItself: (service) => `${service} 依赖于它自己。`,
    differ: (other) => `不能与 ${other} 相同`,
    offBridge: (service, path) =>
      `${service} 有路径 "${path}"，因此应在网络 "bridge" 上，nginx 从那里访问它。`,
    ownService: (name) => `应为 "off"，因为你自己已有服务 "${name}"`,
    portOf: (service) => `${service} 的端口`,
    samePath: (service, other, path) => `${service} 和 ${other} 都有路径 "${path}"。`,
    sharedVolume: '共享数据卷',
    turnOff: '请关闭它，或去掉该服务。',
    twoServices: (name) => `有两个服务都叫 "${name}"。`,
    twoVolumes: (name, owners) => `有两个数据卷都叫 "${name}"：来自 ${owners}。`,
    unknownService: (service, other) => `${service} 依赖于 "${other}"，但本次部署没有这个服务。`,
    unpublished: (service, path, gateway) =>
      `${service} 有路径 "${path}"，因此应把它的第一个端口发布在 ${gateway} 上，nginx 从那里访问它。`,
  },
};
