import type { lib as en } from '../en/lib.ts';

export const lib: typeof en = {
  appProfile: {
    namesNo: {
      login: (profile) => `应用描述 "${profile}" 中没有登录`,
      token: (profile) => `应用描述 "${profile}" 中没有带令牌的 WebSocket`,
      topic: (profile) => `应用描述 "${profile}" 中没有规定时限的主题`,
      webSocket: (profile) => `应用描述 "${profile}" 中没有 WebSocket`,
      whoPath: (profile) => `应用描述 "${profile}" 中没有查询令牌所属用户的路径`,
    },
  },
  files: {
    notRegular: '应为普通文件，不能是目录、管道或设备',
    tooLarge: (kib) => `应存放一个机密，但文件超过 ${kib} KiB`,
  },
  live: {
    fetches: (image) => `正在拉取 ${image}`,
    messagesSoFar: (count) => `已收到 ${count} 条消息`,
    more: (count) => `  … 另有 ${count} 项`,
  },
};
