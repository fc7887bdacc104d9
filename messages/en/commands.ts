export const commands = {
  deploy: {
    causeThenDeploy: 'fix the cause above, then npm run deploy.',
    doctorSays: 'npm run doctor says what is wrong.',
    failedAndBack: (when: string) => `The deployment failed; the one of ${when} runs again.`,
    goingBack: (when: string) => `Going back to the deployment of ${when}.`,
    rollbackGoes: (when: string) => `npm run rollback goes back to the deployment of ${when}.`,
  },
};
