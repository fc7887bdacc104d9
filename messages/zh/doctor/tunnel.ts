import type { tunnel as en } from '../../en/doctor/tunnel.ts';

export const tunnel: typeof en = {
  certificateName: 'frp 服务器的证书能被 frpc 接受',
  notChecked: '未检查',
  isPinned: '是已固定的证书',
  otherThanPinned: (pinned, shown) =>
    `frpc 拒绝 frp 服务器：它的证书不是已固定的那一个，要么在那里更换过，要么中间有人冒充；已固定：${pinned}，出示的：${shown}`,

  trustName: 'frpc 会校验 frp 服务器的身份',
  sameHost: '是本机上的内置服务器',
  byCa: (file) => `用 ${file} 中的 CA`,
  byPin: (certificate) => `用已固定的证书，SHA-256 ${certificate}`,
  pinUnused: 'frp 服务器的证书已固定，但部署 frpc 时还没有用上',
  notPinned: 'frp 服务器的证书还没有固定：frpc 也会接受其他证书',
  cannotBePinned: (why) => `无法固定 frp 服务器的证书：${why}；中间人可以读到密码和令牌`,
  makeCertificate: (server, command, lines) =>
    `在 ${server} 上：${command}；在 frps.toml 中加入：${lines}；sudo systemctl restart frps；然后在本机运行：npm run deploy`,

  fileChanged: (file) =>
    `frpc 拒绝了 frp 服务器的证书，而该证书与 ${file} 相符：这个文件在上次部署之后改动过`,
  newCertificate: '内置的 frp 服务器每次启动都生成新证书：没有 CA 文件能与之相符',
  otherName: (names, server) => `frp 服务器的证书是给 ${names} 的，而不是给 ${server} 的`,
  nameless: '空名称（没有 subjectAltName）',
  expired: 'frp 服务器的证书已过期；frps 在启动时才读取更新后的证书',
  notSigned: (file, why) => `frp 服务器的证书不是由 ${file} 中的 CA 签发的（${why}）`,

  tcpMuxName: 'frp 服务器的 transport.tcpMux 与 BTCW_FRP_TCP_MUX 相符',
  tcpMuxDiffers: (value) => `frp 服务器关闭了连接：它的 transport.tcpMux 是 ${value}`,

  tokenName: 'frp 服务器接受令牌',
  notRefused: '没有被拒绝',
  embeddedRefuses: (server, client) => `内置的 frp 服务器拒绝了令牌：${server} 和 ${client} 的令牌不同`,
  refusesGenerated: 'frp 服务器拒绝了部署时生成的令牌：服务器用的是另一个令牌',
  setTokenFile:
    '把服务器的 auth.token 写入一个文件（chmod 600），在 .env 中把 BTCW_FRP_TOKEN_FILE 设为该文件，然后运行：npm run deploy',
  refuses: (file) => `frp 服务器拒绝了 ${file} 中的令牌：它应与服务器 frps.toml 中的 auth.token 相同`,
  replaceToken: (file) => `把服务器的 auth.token 写入 ${file}，然后运行：npm run deploy`,

  proxyNameName: '代理名称在 frp 服务器上没有被占用',
  proxyNameTaken: (name) => `frp 服务器的另一个客户端已有名为 ${name} 的代理`,

  remotePortName: 'frp 服务器上的远程端口可用',
  remotePortTaken: (port) => `frp 服务器上的端口 ${port} 已被占用`,
  remotePortNotAllowed: (port) => `frp 服务器的 allowPorts 不包含端口 ${port}`,

  upName: 'frpc 的日志中有：start proxy success',

  publicName: '页面可以通过隧道打开',
  opened: (url, ms) => `${url}，用时 ${ms} ms`,
  onlyHere: (status, url, why) =>
    `隧道已连通，页面在本机可以打开（状态码 ${status}），但打不开 ${url}（${why}）`,
  noFirewall: (onlyHere) => `${onlyHere}：连接可以建立，所以不是防火墙的问题`,
  nothingListens: (onlyHere, port) => `${onlyHere}：那里的端口 ${port} 不接受连接`,
  firewallBlocks: (onlyHere, port) => `${onlyHere}：服务器的防火墙拦截了端口 ${port}`,
};
