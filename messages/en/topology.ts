/** What is said of services and of what they consist of. */
export const topology = {
  /** What users notice while a service is away; `diff` shows it. */
  disruption: {
    away: (service: string) => `${service} is away`,
    beforeBackend: 'the backend waits',
    cache: 'the cache is away',
    database: 'queries fail',
    frontend: 'pages wait, sockets stay',
    guard: 'its rules stay meanwhile',
    hostBackend: 'requests fail',
    hostFrontend: 'pages wait',
    sockets: 'sockets drop',
    tunnel: 'tunnel drops',
  },
  /** What resources are called. */
  resources: {
    configuration: (container: string) => `configuration of ${container}`,
    image: (reference: string) => `image ${reference}`,
    network: (name: string) => `network ${name}`,
    run: (container: string) => `${container}, to completion`,
    volume: (name: string) => `volume ${name}`,
  },
  secretEnvironment: {
    emptySecret: (file: string) => `${file}: is empty. Remove the file, then run this again.`,
    generated: (where: string, name: string) =>
      `${where}: ${name} is generated (BTCW_BACKEND_GENERATE), and should not be set here, too. Keep one of them.`,
    name: (name: string) =>
      `"${name}" cannot be a secret variable: no shell exports a name with "." or "-". Rename it.`,
    replaced: (where: string, name: string) => `${where}: ${name} is replaced by the generated one.`,
    unset: (file: string, names: string) =>
      `${file}: nothing sets ${names}: empty, as in Docker Compose. Use single quotes for a "$".`,
  },
  standIns: {
    python: (made: number, asked: number) => `Python 3.${made} instead of 3.${asked}`,
  },
  topology: {
    and: ' and ',
    dependsOnItself: (service: string) => `${service} depends on itself.`,
    differ: (other: string) => `should differ from ${other}`,
    offBridge: (service: string, path: string) =>
      `${service} has the path "${path}", and should be on the network "bridge", from which nginx reaches it.`,
    ownService: (name: string) => `should be "off", as there is a service "${name}" of your own`,
    portOf: (service: string) => `the port of ${service}`,
    samePath: (service: string, other: string, path: string) =>
      `Both ${service} and ${other} have the path "${path}".`,
    sharedVolume: 'a shared volume',
    turnOff: 'Turn it off, or remove that service.',
    twoServices: (name: string) => `There are two services named "${name}".`,
    twoVolumes: (name: string, owners: string) => `There are two volumes named "${name}": of ${owners}.`,
    unknownService: (service: string, other: string) =>
      `${service} depends on "${other}", which is no service of this deployment.`,
    unpublished: (service: string, path: string, gateway: string) =>
      `${service} has the path "${path}", and should publish its first port on ${gateway}, where nginx reaches it.`,
  },
};
