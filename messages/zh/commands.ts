import type { commands as en } from '../en/commands.ts';

export const commands: typeof en = {
  logoutAll: {
    changeYourKey: '更换应用自己的签名密钥，再运行 npm run deploy。',
    notUsed: '此部署中没有服务用 JWT_SECRET_FILE 签发令牌。',
    nothingRuns: (project) => `“${project}” 没有正在运行的内容，没有会话可以结束。`,
  },
  status: {
    withOldWorkers: (connections, count) => `${connections}；此前重载留下的 nginx 旧工作进程 ${count} 个`,
  },
  deploy: {
    causeThenDeploy: '先消除上面的原因，再运行 npm run deploy。',
    doctorSays: '运行 npm run doctor 查看原因。',
    failedAndBack: (when) => `部署失败，已恢复到 ${when} 的部署。`,
    goingBack: (when) => `正在恢复到 ${when} 的部署。`,
    rollbackGoes: (when) => `npm run rollback 可恢复到 ${when} 的部署。`,
  },
};
