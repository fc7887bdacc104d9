export const logs = {
  sizeName: (service: string) => `${service}: log size is limited`,
  unlimited: 'log has no size limit and will fill the disk',
  limit: (limit: string) => `limit ${limit} MiB`,
  size: (size: string, limit: string) => `${size} MiB, limit ${limit} MiB`,
  tooLarge: (size: string, limit: string) => `log is ${size} MiB, limit ${limit} MiB`,

  readableName: (service: string) => `${service}: docker logs shows the newest lines`,
  readable: 'up to the newest line',
  cutOff: (container: string) =>
    `docker logs ${container} stops at a line that a full disk has truncated: everything after it is hidden`,
};
