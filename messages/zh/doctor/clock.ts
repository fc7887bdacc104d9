import type { clock as en } from '../../en/doctor/clock.ts';

export const clock: typeof en = {
  name: '本机时钟与其他时钟一致',
  engine: 'Docker 引擎',
  publicAddress: '公网地址',
  service: (service) => service,
  within: (sec, clocks) => `与 ${clocks} 相差不超过 ${sec} 秒`,
  behind: (span, where) => `本机时钟比 ${where} 的时钟慢 ${span}：令牌和证书会失效`,
  ahead: (span, where) => `本机时钟比 ${where} 的时钟快 ${span}：令牌和证书会失效`,
};
