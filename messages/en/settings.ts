/** What is said of settings, of `.env` and of environment files. */
export const settings = {
  applicationSettings: {
    containerPort: 'should be a port between 1 and 65535',
    hostAddress:
      'should be an IPv4 address of this host that containers reach, with a port, such as 172.17.0.1:8000',
    notLoopback:
      'should be an address of this host that containers reach, such as 172.17.0.1:8000: containers do not reach 127.0.0.1',
    onePath: 'should name a path',
    paths: 'should be paths that begin with "/", with commas between them',
    profile: 'should be "reference", "generic" or a YAML file that exists',
  },
  databaseSettings: {
    urlScheme: 'should be the scheme of a URL, such as "postgresql+asyncpg"',
  },
  definitions: {
    address: 'should be an IPv4 address',
    adminUser: 'should be 1 to 32 letters, digits, ".", "_" and "-"',
    bridge: 'should be the address of a Docker bridge',
    composeFile: 'should be a compose file that exists, or "off"',
    days: 'should be a number of days between 1 and 365',
    fronts: 'should be addresses or networks such as 10.0.0.0/8, with commas between them',
    generate: 'should be names of variables, with commas between them',
    healthPath: 'should be a path that begins with "/"',
    hostAddress: 'should be an IPv4 address of this host',
    language: 'should be "en" or "zh"',
    maxConnections: (highest: number) => `should be a number between 1 and ${highest}`,
    mode: 'should be "static" or "dev"',
    proxyProtocol: 'should be "v2" or "off"',
    password: (rule: string) =>
      `${rule}: write such a password into the file; until the next deploy the old one stays valid`,
    priceFeed: 'should be a ws:// or wss:// address without a user and a password',
    project: 'should be 2 to 32 lower-case letters, digits and hyphens',
    proxyName: 'should be 1 to 64 letters, digits, "_" and "-"',
    account:
      'should hold lines such as user = "…" and metadatas.token = "…", and none that are set elsewhere',
    frpProtocol: 'should be "tcp", "kcp", "quic", "websocket" or "wss"',
    serverAddress: 'should be a host name or an address, without scheme or port',
    token: 'should hold one line with the token, as UTF-8 text',
  },
  dotenv: {
    afterQuote: (got: string) => `nothing but a comment should follow the closing quote, got "${got}".`,
    noSign: (got: string, name: string, value: string) =>
      `"=" is missing after the name, got "${got}". Write ${name}=${value}`,
    notAssignment: (got: string) => `should be NAME=value, got "${got}".`,
    notUtf8: (where: string) => `${where}: is not UTF-8 text (GBK, perhaps). Save it as UTF-8.`,
    nulBytes: (file: string) =>
      `${file}: should be UTF-8 text, but has NUL bytes, as UTF-16 has. Save it as UTF-8.`,
    openQuote: (quote: string, got: string) => `the quote ${quote} is not closed on its line, got "${got}".`,
    twice: (name: string, line: number) => `${name} is set in line ${line} already. Keep one of them.`,
    utf16: (file: string) => `${file}: should be UTF-8 text, but is UTF-16. Save it as UTF-8.`,
    variable: (got: string) =>
      `"$" is not replaced by a variable here, got "${got}". Write the value itself, or put it in single quotes.`,
    wrongSign: (sign: string, got: string, name: string, value: string) =>
      `"=" should follow the name, not "${sign}", got "${got}". Write ${name}=${value}`,
  },
  envFile: {
    afterQuote: (name: string) => `nothing but a comment should follow the closing quote of ${name}.`,
    notAssignment: 'should be NAME=value, with a name of letters, digits and "_".',
    nul: (name: string) => `${name} should have no NUL character.`,
    openQuote: (quote: string, name: string) => `the quote ${quote} of ${name} is not closed.`,
    /** @param problem as {@link settings.interpolate} says it */
    variable: (name: string, problem: string) =>
      `${name} ${problem}; a value in single quotes is taken as it is.`,
  },
  imageSettings: {
    minutes: 'should be a number of minutes between 1 and 1440',
    mirrors: 'should be host names of registries with commas between them, without scheme',
  },
  interpolate: {
    empty: (name: string) => `needs the variable ${name}, which is empty`,
    emptyBecause: (name: string, why: string) => `needs the variable ${name}, which is empty: ${why}`,
    noName: (text: string) => `should have the name of a variable in the braces of "${text}"`,
    openBrace: 'has a brace that is not closed',
    unset: (name: string) => `needs the variable ${name}, which is not set`,
    unsetBecause: (name: string, why: string) => `needs the variable ${name}, which is not set: ${why}`,
    wrongSign: (text: string) => `should have "-", "?" or "+" after the name in "${text}"`,
  },
  parse: {
    didYouMean: (name: string, nearest: string) =>
      `${name}: is not a setting of this package; did you mean ${nearest}?`,
    invalid: 'is not valid',
    unknown: (name: string) => `${name}: is not a setting of this package; see .env.example.`,
  },
  placeholders: {
    generate: (where: string, name: string, setting: string) =>
      `${where}: ${name} has the placeholder of an example, which everybody knows. Write a secret of your own (openssl rand -base64 32 makes one), or have it generated: ${setting}.`,
    write: (where: string, name: string) =>
      `${where}: ${name} has the placeholder of an example, which everybody knows. Write a secret of your own (openssl rand -base64 32 makes one), or leave it empty.`,
  },
  problem: {
    /** A problem at its place. @param where as {@link settings.problem.place} says it */
    at: (where: string, what: string) => `${where}: ${what}`,
    place: (file: string, line: number) => `${file}, line ${line}`,
    setAnywhere: 'Set it in .env or the environment.',
    setIn: (where: string) => `Set it in ${where}.`,
    setting: (name: string, rule: string, got: string, fix: string) =>
      `${name}: ${rule}, got "${got}". ${fix}`,
  },
  relations: {
    address: (setting: string) =>
      `should not be set together with ${setting}, which runs without a container`,
    backendPaths: 'should not have "/" with a frontend of your own, which has it',
    composeFile: (file: string) => `should not be set together with a compose file (${file})`,
    devMode: 'should be "static" with an image of your own',
    embeddedProtocol: 'should be "tcp" without BTCW_FRP_SERVER_ADDR: the embedded server has no other',
    frpcLog:
      'should not be set together with BTCW_FRPC_IMAGE, as only the frpc image built here writes a log file',
    image: (setting: string) => `should not be set together with ${setting}`,
    sayItThere: 'Say it there, or set BTCW_COMPOSE_FILE=off.',
    unset: 'Unset it.',
    unsetOne: 'Unset one of them.',
  },
  rules: {
    certificate: 'should be a PEM file with a certificate',
    dockerfile: 'should be a folder with a Dockerfile',
    existing: 'should be a file that exists',
    image: 'should be an image with a fixed tag or digest, such as "nginx:1.28.0"',
    memory: (lowest: string) =>
      `should be an amount of memory such as "512m" or "2g", and at least "${lowest}"`,
    missing: (rule: string) => `should exist, and ${rule}`,
    onOff: 'should be "on" or "off"',
    ownImage: 'should be an image with a fixed tag or digest, or one of this host, such as "app:latest"',
    password: (characters: number, words: number) =>
      `should hold one line of at least ${characters} characters, or of at least ${words} words`,
    port: 'should be a port between 1 and 65535',
    private: 'should be a file only you can read (chmod 600)',
    size: 'should be a size such as "10m" (k, m or g)',
    variable: 'should be the name of an environment variable: letters, digits and "_"',
  },
  serviceSettings: {
    command: 'should be a command line whose quotes are closed',
    cpus: 'should be a number of CPUs such as "1.5", and at least "0.01"',
    folders: 'should be folders in the container such as "/app/data,/app/logs"',
    pids: 'should be a number of processes and threads between 8 and 100000',
    similarFolders: 'should be folders that differ in more than "/" and "-"',
    startTimeout: 'should be a number of seconds between 5 and 86400',
  },
};
