import type { clock as en } from '../../en/doctor/clock.ts';

export const clock: typeof en = {
  name: '本机时钟与其他时钟一致',
  engine: 'Docker 引擎',
  publicAddress: '公网地址',
  service: (service) => service,
  within: (sec, clocks) => `相差不超过 ${sec} 秒（对照：${clocks}）`,
  behind: (span, where) => `本机时钟慢 ${span}（对照：${where}）：令牌和证书会失效`,
  ahead: (span, where) => `本机时钟快 ${span}（对照：${where}）：令牌和证书会失效`,
};
