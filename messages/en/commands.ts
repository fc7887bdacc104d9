export const commands = {
  logoutAll: {
    changeYourKey: "change your application's own key, then npm run deploy.",
    notUsed: 'No service of this deployment signs its tokens with JWT_SECRET_FILE.',
    nothingRuns: (project: string) => `Nothing of "${project}" runs: there is no session to end.`,
  },
  status: {
    withOldWorkers: (connections: string, count: number) =>
      `${connections}; ${count} old nginx workers, of earlier reloads`,
  },
  deploy: {
    causeThenDeploy: 'fix the cause above, then npm run deploy.',
    doctorSays: 'npm run doctor says what is wrong.',
    failedAndBack: (when: string) => `The deployment failed; the one of ${when} runs again.`,
    goingBack: (when: string) => `Going back to the deployment of ${when}.`,
    rollbackGoes: (when: string) => `npm run rollback goes back to the deployment of ${when}.`,
  },
};
