export const backing = {
  name: (service: string) => `${service} reaches the databases that its environment names`,
  none: 'its environment names none',
  fix: (variable: string, service: string) =>
    `start it, or set ${variable} to where ${service} reaches it, then: npm run deploy`,
};
