import type { network as en } from '../../en/doctor/network.ts';

export const network: typeof en = {
  dockerProxyName: 'docker-proxy 的文件描述符够 BTCW_MAX_CONNECTIONS 使用',
  noDockerProxy: '没有使用 docker-proxy',
  descriptors: (needed, available) => `需要 ${needed} 个文件描述符，可用 ${available} 个`,
  tooFewDescriptors: (connections, needed, available, port) =>
    `${connections} 个连接需要 ${needed} 个文件描述符，docker-proxy 只有 ${available} 个：用完时它会退出，所有人都无法访问端口 ${port}`,

  firewallName: (proxy, service) => `${proxy} 与 ${service} 之间没有防火墙阻挡`,
  ms: (ms) => `${ms} ms`,
  blocked: (service, address) => `本机能访问 ${service}，但容器访问不到 ${address}：被防火墙拦截`,
  blockedBy: (service, address, rule) =>
    `本机能访问 ${service}，但容器访问不到 ${address}：被防火墙拦截：${rule}`,

  atGatewayName: (proxy, service) => `${proxy} 能在网桥地址上访问 ${service}（502）`,
  answers: (status, address) => `${address} 返回状态码 ${status}`,
  failing: (url, status) => `${url} 返回状态码 ${status}`,
  elsewhere: (container, published, address, proxy) =>
    `${container} 发布在 ${published}，而 ${proxy} 连接的是 ${address}：浏览器会收到 502`,
  noAnswer502: (proxy, address, why) => `${proxy} 得不到 ${address} 的响应（${why}）：浏览器会收到 502`,
  noAnswer504: (proxy, address, why) =>
    `${proxy} 得不到 ${address} 的响应（${why}）：浏览器会一直等待，最后收到 504`,
  refused: '连接被拒绝',
  noAnswerWithin: (span) => `${span}内没有响应`,
  timedOut: '超时',
  curlCode: (code) => `curl 退出码 ${code}`,
};
