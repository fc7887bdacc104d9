import type { guard as en } from '../../en/doctor/guard.ts';

export const guard: typeof en = {
  name: '局域网内的其他主机访问不到已发布的端口',
  closed: (version, container) => `Docker ${version}，由 ${container} 拦截`,
  open: (gateway, services) =>
    `BTCW_GUARD 已关闭：局域网内的主机只要把 ${gateway} 路由到本机，就能访问 ${services}`,
  openOnLoopback: (gateway, services, version) =>
    `BTCW_GUARD 已关闭：局域网内的主机只要把 ${gateway} 路由到本机，就能访问 ${services}；在 Docker ${version} 上还能访问 127.0.0.1 和容器自身的地址`,
};
