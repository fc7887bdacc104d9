import type { ports as en } from '../../en/doctor/ports.ts';

export const ports: typeof en = {
  name: (setting) => `${setting} 没有被其他程序占用`,
  portOf: (port, service) => `${service} 的端口 ${port}`,
  container: (container, socket) => `容器 ${container} 发布了 ${socket}`,
  otherUser: (socket) => `其他用户的程序正在监听 ${socket}`,
  program: (program, pid, socket) => `${program}（进程 ${pid}）正在监听 ${socket}`,
  withElsewhere: (problem, service, published) => `${problem}，而 ${service} 发布在 ${published}`,
};
