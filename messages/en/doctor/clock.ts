export const clock = {
  name: "this host's clock agrees with the other clocks",
  engine: 'the Docker engine',
  publicAddress: 'the public address',
  service: (service: string) => `the ${service}`,
  within: (sec: number, clocks: string) => `within ${sec} s of ${clocks}`,
  behind: (span: string, where: string) =>
    `this host's clock is ${span} behind that of ${where}: tokens and certificates will not be valid`,
  ahead: (span: string, where: string) =>
    `this host's clock is ${span} ahead of that of ${where}: tokens and certificates will not be valid`,
};
