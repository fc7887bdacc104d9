export const frpServer = {
  /** @param what a message of what to do there */
  onServer: (server: string, what: string, command: string) => `on ${server}: ${what}: sudo ${command}`,
  openPort: (port: number) =>
    `allow TCP port ${port} in the provider's security group and in the server's own firewall`,
  startFrps: 'start frps, where systemd runs it',
  renewCertificate: 'renew the certificate, then restart frps, where systemd runs it',
  whichProgram: (port: number) => `see which program listens on port ${port}`,
  whatListens: (port: number) => `see what listens on port ${port}`,

  resolvesName: "the frp server's name resolves",
  noNameServer: (name: string, why: string) => `no name server answers for ${name} (${why})`,
  noSuchName: (name: string) => `the name ${name} does not resolve to an address`,
  correctName: 'correct BTCW_FRP_SERVER_ADDR in .env, then: npm run deploy',

  reachableName: 'the frp server answers on its port',
  connected: (address: string, ms: string) => `${address} in ${ms} ms`,
  failed: (address: string, why: string) => `${address}: ${why}`,
  dropped: (address: string, why: string) =>
    `${address} gives ${why}, asked twice: a firewall drops what is sent to that port, or the server is off`,
  udp: (protocol: string) => `not asked, as ${protocol} is UDP`,
  refused: (address: string) => `nothing listens on ${address}: frps is not running there`,
};
