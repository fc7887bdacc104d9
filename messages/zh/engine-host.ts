import type { engineHost as en } from '../en/engine-host.ts';

export const engineHost: typeof en = {
  addressOn: (url, machine) => `${machine} 上的 ${url}`,
  commandOn: (machine, command) => `在 ${machine} 上：${command}`,
  notSeen: (machine) => `从 ${machine} 外部无法得知`,
  relay: {
    importing: '导入中继镜像',
    cannotStart: (machine, why) =>
      `在引擎所在的主机 ${machine} 上，用来查询其端口和地址的容器无法启动：${why}`,
    cannotStartFix: '查看：docker info',
  },
};
