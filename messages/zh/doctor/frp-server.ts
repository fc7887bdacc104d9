import type { frpServer as en } from '../../en/doctor/frp-server.ts';

export const frpServer: typeof en = {
  onServer: (server, what, command) => `在 ${server} 上${what}：sudo ${command}`,
  openPort: (port) => `放行 TCP 端口 ${port}（云厂商的安全组和服务器自身的防火墙都要放行）`,
  startFrps: '启动 frps（由 systemd 管理时）',
  renewCertificate: '更新证书，然后重启 frps（由 systemd 管理时）',
  whichProgram: (port) => `查看哪个程序在监听端口 ${port}`,
  whatListens: (port) => `查看端口 ${port} 上有什么在监听`,

  resolvesName: 'frp 服务器的域名可以解析',
  noNameServer: (name, why) => `没有 DNS 服务器响应对 ${name} 的查询（${why}）`,
  noSuchName: (name) => `域名 ${name} 解析不到地址`,
  correctName: '更正 .env 中的 BTCW_FRP_SERVER_ADDR，然后运行：npm run deploy',

  reachableName: 'frp 服务器的端口有响应',
  connected: (address, ms) => `${address}，${ms} ms`,
  failed: (address, why) => `${address}：${why}`,
  dropped: (address, why) =>
    `${address}：${why}（已尝试两次）：防火墙丢弃了发往该端口的数据包，或者服务器已关机`,
  udp: (protocol) => `未检查，因为 ${protocol} 使用 UDP`,
  refused: (address) => `${address} 上没有程序在监听：frps 没有在那里运行`,
};
