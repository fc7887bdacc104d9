import type { page as en } from '../../en/doctor/page.ts';

export const page: typeof en = {
  connectionsName: 'nginx 还能接受新连接（503）',
  no503: '没有 503',
  clientFull: (limit) =>
    `经过隧道时 nginx 返回 503：BTCW_MAX_CLIENT_CONNECTIONS 允许本机网络地址使用的 ${limit} 个连接已用完`,
  full: (limit) => `nginx 返回 503：BTCW_MAX_CONNECTIONS 允许的 ${limit} 个连接已用完`,
  fullForGood: (limit) =>
    `nginx 返回 503：BTCW_MAX_CONNECTIONS 允许的 ${limit} 个连接已用完，而本机无法支持更多；重启 nginx 会关闭这些连接`,

  localName: '页面可以在本机打开',
  opened: (status, ms) => `状态码 ${status}，用时 ${ms} ms`,
  status: (status) => `状态码 ${status}`,
  failed: (url, why) => `打不开 ${url}（${why}）`,
  deadPort: (url, why) => `打不开 ${url}（${why}）：nginx 正在运行，但它发布的端口已失效`,

  viteName: (service) => `${service} 接受任意主机名（Vite：server.allowedHosts）`,
  otherName: (status) => `换用其他主机名：状态码 ${status}`,
  viteRefuses: (service) =>
    `${service} 对使用其他主机名的请求返回 403：Vite 拒绝不在 server.allowedHosts 中的主机名，所以页面无法通过隧道打开`,
  startAgain: (command) => `${command}，然后重新启动它`,

  devName: '开发服务器没有暴露到公网',
  built: '提供的是构建好的文件',
  fromHereAlone: '只能从本机访问',
  devPublic: (server) => `Vite 的开发服务器连同源代码都暴露在 ${server} 的公网上`,
};
