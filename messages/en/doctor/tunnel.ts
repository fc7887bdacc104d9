export const tunnel = {
  certificateName: "the frp server's certificate is one that frpc accepts",
  notChecked: 'not checked',
  isPinned: 'the pinned one',
  otherThanPinned: (pinned: string, shown: string) =>
    `frpc refuses the frp server, whose certificate is not the pinned one: it was changed there, or somebody is in between; pinned: ${pinned}, shown: ${shown}`,

  trustName: 'frpc checks that the frp server is the right one',
  sameHost: 'it is the embedded one, on this host',
  byCa: (file: string) => `by the CA in ${file}`,
  byPin: (certificate: string) => `by its pinned certificate, SHA-256 ${certificate}`,
  pinUnused: "the frp server's certificate is pinned, but frpc was deployed without it",
  notPinned: "the frp server's certificate is not pinned yet: frpc accepts any other as well",
  cannotBePinned: (why: string) =>
    `the frp server's certificate cannot be pinned, as ${why}: whoever is in between can read passwords and tokens`,
  makeCertificate: (server: string, command: string, lines: string) =>
    `on ${server}: ${command}; in its frps.toml: ${lines}; sudo systemctl restart frps; then here: npm run deploy`,

  fileChanged: (file: string) =>
    `frpc refuses the frp server's certificate, which matches ${file}: that file has changed since the last deploy`,
  newCertificate: 'the embedded frp server makes a new certificate at each start: no CA file matches it',
  otherName: (names: string, server: string) =>
    `the frp server's certificate is for ${names}, not for ${server}`,
  nameless: 'no name at all (subjectAltName)',
  expired: "the frp server's certificate has expired; frps reads a renewed one when it starts",
  notSigned: (file: string, why: string) =>
    `the frp server's certificate is not signed by the CA in ${file} (${why})`,

  tcpMuxName: "the frp server's transport.tcpMux is as BTCW_FRP_TCP_MUX says",
  tcpMuxDiffers: (value: string) => `the frp server closes the connection: its transport.tcpMux is ${value}`,

  tokenName: 'the frp server accepts the token',
  notRefused: 'not refused',
  embeddedRefuses: (server: string, client: string) =>
    `the embedded frp server refuses the token: ${server} and ${client} have different ones`,
  refusesGenerated:
    'the frp server refuses the token that deploy has generated: the server has a different one',
  setTokenFile:
    "put the server's auth.token into a file (chmod 600), set BTCW_FRP_TOKEN_FILE to it in .env, then: npm run deploy",
  refuses: (file: string) =>
    `the frp server refuses the token in ${file}: it should be the auth.token of its frps.toml`,
  replaceToken: (file: string) => `put the server's auth.token into ${file}, then: npm run deploy`,

  proxyNameName: 'the proxy name is free on the frp server',
  proxyNameTaken: (name: string) => `another client of the frp server has a proxy named ${name}`,

  remotePortName: 'the remote port is available on the frp server',
  remotePortTaken: (port: number) => `port ${port} is taken on the frp server`,
  remotePortNotAllowed: (port: number) => `the frp server's allowPorts does not include port ${port}`,

  upName: 'frpc logs: start proxy success',

  publicName: 'the page opens through the tunnel',
  opened: (url: string, ms: string) => `${url} in ${ms} ms`,
  /** Begins the messages below. */
  onlyHere: (status: number, url: string, why: string) =>
    `the page opens on this host (status ${status}), but not at ${url} (${why}), although the tunnel is up`,
  noFirewall: (onlyHere: string) => `${onlyHere}: the connection opens, so no firewall blocks it`,
  nothingListens: (onlyHere: string, port: number) =>
    `${onlyHere}: nothing takes connections to port ${port} there`,
  firewallBlocks: (onlyHere: string, port: number) =>
    `${onlyHere}: the server's firewall blocks port ${port}`,
};
