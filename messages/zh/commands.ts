import type { commands as en } from '../en/commands.ts';

export const commands: typeof en = {
  deploy: {
    causeThenDeploy: '先消除上面的原因，再运行 npm run deploy。',
    doctorSays: '运行 npm run doctor 查看原因。',
    failedAndBack: (when) => `部署失败，已恢复到 ${when} 的部署。`,
    goingBack: (when) => `正在恢复到 ${when} 的部署。`,
    rollbackGoes: (when) => `npm run rollback 可恢复到 ${when} 的部署。`,
  },
};
