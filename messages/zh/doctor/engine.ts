import type { engine as en } from '../../en/doctor/engine.ts';

export const engine: typeof en = {
  noAnswer: (why) => `Docker 引擎没有响应：${why}`,
  noAnswerTwice: (why) => `Docker 引擎没有响应：${why}（已尝试两次）`,
  notInstalled: '没有安装 docker 程序。',
};
