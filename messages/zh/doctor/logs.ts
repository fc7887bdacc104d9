import type { logs as en } from '../../en/doctor/logs.ts';

export const logs: typeof en = {
  sizeName: (service) => `${service}：日志大小有上限`,
  unlimited: '日志没有大小上限，会占满磁盘',
  limit: (limit) => `上限 ${limit} MiB`,
  size: (size, limit) => `${size} MiB，上限 ${limit} MiB`,
  tooLarge: (size, limit) => `日志已有 ${size} MiB，上限 ${limit} MiB`,

  readableName: (service) => `${service}：docker logs 能显示最新的日志`,
  readable: '能读到最新一行',
  cutOff: (container) => `docker logs ${container} 停在一行因磁盘写满而被截断的日志处：之后的日志都看不到`,
};
