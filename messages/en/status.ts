export const status = {
  facts: {
    clientIs: (container: string, state: string) => `${container} is ${state}`,
  },
  picture: {
    browser: 'browser',
    failedCheck: 'failed check',
    hostNetwork: 'host network',
    network: (names: string) => `network ${names}`,
    noAnswer: 'no answer',
    notKnown: 'not known',
    onThisHost: 'on this host',
    opensThePage: 'opens the page',
    page: 'page',
    reachable: 'reachable',
    standIn: (service: string) => `${service} (stand-in)`,
    status: (status: number) => `status ${status}`,
    tokenRefused: 'token refused',
    tunnel: 'tunnel',
  },
  pictureSvg: {
    /** Of a box, and of a line below the boxes. */
    cause: (where: string, cause: string) => `${where}: ${cause}`,
    failedChecks: (count: number) => `${count} failed checks`,
    fix: (fix: string) => `Fix: ${fix}`,
    noFailedChecks: 'no failed checks',
    oneFailedCheck: '1 failed check',
    thisHost: 'this host',
    verdict: (project: string, failedChecks: string) => `${project}: ${failedChecks}`,
    yourServer: 'your server',
  },
};
