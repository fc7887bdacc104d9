const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six'];

/** @example 'one topic', 'four topics' */
const topics = (count: number): string => (count === 1 ? 'one topic' : `${NUMBERS[count] ?? count} topics`);

export const verify = {
  address: {
    acceptsToken: (address: string) => `${address}: API accepts the token`,
    forgedFix: (path: string, fix: string) =>
      `anybody can log in as anybody: ${path} has to check the signature of each token (${fix})`,
    page: (address: string) => `${address}: page`,
    reachesBackend: (address: string) => `${address}: /api reaches the backend`,
    refusesForged: (address: string) => `${address}: API refuses a token of another key`,
  },
  check: {
    causedBy: (check: string) => `caused by "${check}"`,
    skipped: (reason: string) => `skipped: ${reason}`,
  },
  deployment: {
    compareLogin: (profile: string, fix: string) =>
      `compare login in ${profile} with the application; ${fix}`,
    healthy: (container: string) => `${container} is healthy`,
    local: (port: number) => `local ${port}`,
    nothingDeployed: (project: string) => `Nothing of "${project}" is deployed.`,
    passwordFix: 'the password file must hold the password the backend knows: BTCW_ADMIN_PASSWORD_FILE',
    tunnel: (port: number) => `tunnel ${port}`,
    tunnelLog: (client: string) => `${client} log: start proxy success`,
    upstream: (service: string, path: string) => `${service}: ${path}`,
    wholeTunnel: 'tunnel',
  },
  login: {
    name: (where: string) => `${where}: login gives a token`,
    noToken: (answer: string, keys: string) => `${answer}, but no text at "${keys}" in the answer`,
  },
  logs: {
    backend: 'backend log: without the token',
    backendConnected: 'backend log: client connected',
    filter: (command: string) =>
      `${command}; a token in its access log is kept with it: switch that log off, or filter it`,
    noLine: (expected: string) => `no line ${expected}`,
    onHost: 'it runs on this host, in no container',
    proxy: 'nginx log: 101, without the token',
    tokenInLog: 'the token is in the log',
    tokenNotInLog: 'the token is not in it',
  },
  remote: {
    checkAccount: 'check --user and --password-file',
    elsewhere: (command: string) => `${command}, on the machine that is deployed to`,
    name: 'remote',
    noAddress: (text: string) =>
      `--url: should be an address such as "http://47.108.221.231:60001", got "${text}".`,
    noPasswordFile: '--password-file: is required with --url.',
    noPasswordFileFix: 'copy secrets/<project>/admin-password to this machine.',
    unreadable: (file: string, error: string) => `--password-file: cannot read "${file}": ${error}`,
  },
  route: {
    differs: (proxied: string, service: string, direct: string) => `${proxied}; ${service} itself: ${direct}`,
    name: (address: string, path: string, service: string) =>
      `${address}: ${path} answers as ${service} does`,
    notRouted: (path: string, service: string, proxied: string) =>
      `${path} is not routed to ${service}: ${proxied} comes from elsewhere (BTCW_BACKEND_PATHS adds paths)`,
    typed: (answer: string, contentType: string) => `${answer}, ${contentType}`,
  },
  socket: {
    /** How a list of codes is written. */
    locale: 'en-GB',
    anyUpgrade: (address: string) => `${address}: WebSocket gives 101, 401 or 403`,
    /** By the kind of token. */
    upgrades: {
      expired: (address: string, codes: string) =>
        `${address}: WebSocket with an expired token gives ${codes}`,
      forged: (address: string, codes: string) =>
        `${address}: WebSocket with a token of another key gives ${codes}`,
      valid: (address: string, codes: string) => `${address}: WebSocket with a valid token gives ${codes}`,
      wrong: (address: string, codes: string) => `${address}: WebSocket with a wrong token gives ${codes}`,
    },
    closed: (answer: string, code: string) => `${answer}, closed with ${code}`,
    closedAfter: (seconds: string, reason: string) => `closed after ${seconds} s: ${reason}`,
    noData: (topics: string) => `no data for ${topics}`,
    noDataBecause: (topics: string, error: string) => `no data for ${topics}; ${error}`,
    noPing: (seconds: number) => `no ping within ${seconds} s`,
    noPong: 'no pong',
    noPongBecause: (error: string) => `no pong; ${error}`,
    noneOf: {
      ping: (address: string) => `${address}: ping`,
      topics: (address: string) => `${address}: topics`,
      webSocket: (address: string) => `${address}: WebSocket`,
    },
    noPings: 'by its profile neither side pings',
    openFor: (address: string, seconds: number) => `${address}: WebSocket open for ${seconds} s`,
    ping: (address: string) => `${address}: ping answered`,
    pingAnswered: "the server's ping was answered",
    pingLater: 'the server pings, and has not yet: --soak 90s answers its pings',
    pingLaterEvery: (seconds: number) =>
      `the server pings every ${seconds} s, and has not yet: --soak 90s answers its pings`,
    soaked: (messages: number, seconds: string) => `${messages} messages, longest silence ${seconds} s`,
    soakedWithPings: (messages: number, seconds: string, pings: number) =>
      `${messages} messages, longest silence ${seconds} s, ${pings} pings answered`,
    takesToken: 'the WebSocket takes a token, and no profile says which',
    topicsBetween: (address: string, count: number, first: number, last: number) =>
      `${address}: ${topics(count)} within ${first} to ${last} s`,
    topicsWithin: (address: string, count: number, seconds: number) =>
      `${address}: ${topics(count)} within ${seconds} s`,
  },
};
