/** What is said of compose files. What begins with "is", "has" or "should" follows file, line and key. */
export const compose = {
  backend: {
    noBackend: (names: string) =>
      `the settings give ${names} to a service named "backend", which is not here. Name one so, or take the databases into the file (image: btcw/postgres, btcw/redis).`,
  },
  build: {
    additionalContexts: 'is not supported: a build has one folder.',
    argument: (name: string, service: string) => `${name} of ${service}`,
    dockerfileInline:
      'is not supported: write it to a file beside the sources, and name that as "dockerfile".',
    image: (got: string) => `should be an image such as "redis:8.2", got "${got}".`,
    network: 'is not supported: builds are on the network that Docker gives them.',
    noDockerfile: (name: string, folder: string) => `there is no "${name}" in ${folder}.`,
    noFolder: (folder: string) => `there is no folder "${folder}".`,
    platforms: 'is not supported: images are built for this host.',
    privileged: 'is not supported: builds have no more rights than Docker gives them.',
    remote: (got: string) => `should be a folder of this host, got "${got}". Clone it first.`,
    secretArgument: 'a build argument stays in the history of the image: use a build secret',
    ssh: 'is not supported: hand a file over as a build secret.',
    withoutEffect: (key: string) =>
      `build.${key} has no effect: images are named after their content and built once`,
  },
  compose: {
    include: 'is not supported: "extends" takes a service of another file.',
    models: 'is not supported.',
    noService: 'there is no service to deploy.',
    override: 'is laid over the compose file, as docker compose does',
    paths: (paths: string) =>
      `the reverse proxy that is left out has paths of its own: ${paths}. Where the routes here do not cover them: x-btcw: { routes: […] } on the service they belong to`,
    projectName: (project: string, name: string) =>
      `the project is called ${project} (BTCW_PROJECT), not ${name}`,
  },
  definition: {
    memory: (mebibytes: number) => `without "mem_limit" a service gets ${mebibytes} MiB`,
    restart: 'without "restart" a service is started again unless it was stopped',
  },
  environment: {
    format: 'is not supported: files are read as Compose reads them.',
    name: (name: string) => `"${name}" is no name of an environment variable.`,
    notExported: (name: string) => `"${name}" is no name that a shell exports, which secret values need.`,
  },
  extends: {
    itself: 'extends itself.',
    map: 'should be a map.',
    noService: (name: string, file: string) => `there is no service "${name}" in ${file}.`,
    unreadable: 'cannot be read.',
  },
  extension: {
    path: (got: string) => `should be a path that begins with "/", got "${got}".`,
  },
  files: {
    content: 'is not supported: write it to a file, and name that ("file: ./name").',
    environment:
      'is not supported: write the value to a file only you can read, and name that ("file: ./name").',
    external: 'is not supported: name a file ("file: ./name").',
    noFile: 'should name a file ("file: ./name").',
    notListed: (name: string) => `"${name}" is not in the file's own list of them.`,
    owner: 'secrets and configs belong to root and may be read by the service, whoever it runs as',
    taken: (name: string) => `should have another target: "${name}" is taken.`,
    target: (folder: string, got: string) => `should be in ${folder}, got "${got}".`,
  },
  health: {
    kind: 'should begin with "CMD", "CMD-SHELL" or "NONE".',
    noTest: 'should have a "test": the image\'s own health check cannot be timed anew.',
    startInterval: 'while a service starts, its health is checked each second or two',
  },
  images: {
    noImage: 'should have an "image", or a "build".',
    ours: (names: string, got: string) => `should be one of ${names}, got "${got}".`,
    standIn: (program: string, wanted: string) =>
      `runs ${program} of this package in the place of ${wanted} (BTCW_STAND_INS)`,
  },
  keys: {
    devices: 'is not supported: containers here get no devices.',
    dns: 'is not supported: names are resolved by Docker.',
    groupAdd: 'is not supported: name user and group in "user" ("1000:1000").',
    hooks:
      'is not supported: make it a service of its own that others wait for (condition: service_completed_successfully).',
    host: 'is not supported: it would give the service access to the host.',
    labels: 'is not supported: "labels" are.',
    limits: 'is not supported: "cpus", "mem_limit" and "pids_limit" bound a service.',
    links:
      'is not supported: all services find each other by name. For another name: networks: { default: { aliases: [name] } }.',
    logging: 'logs are kept and rotated as those of all containers here (BTCW_LOG_MAX_SIZE)',
    macAddress: 'is not supported: Docker chooses addresses.',
    names: 'is not supported: services find each other by their names in this file.',
    namespace: 'is not supported: services have namespaces of their own.',
    networkMode:
      'is not supported: services are on the network of the project, where they find each other by name.',
    platform: "images are of this host's own platform",
    pulled: 'is not supported: an image is pulled when it is missing.',
    pulledOnce: 'an image is pulled when it is missing, and not again',
    reservation: 'nothing is reserved on a single host; limits apply',
    runtime: 'is not supported: containers run as Docker runs them here.',
    swap: 'is not supported: swap is not used, the limit is "mem_limit".',
    sysctls: 'is not supported: set it on the host.',
    terminal: 'containers here have no terminal',
    unknown: 'is no key of the Compose Specification.',
    unknownNear: (nearest: string) => `is no key of the Compose Specification; did you mean "${nearest}"?`,
    volumesFrom: 'is not supported: name the volumes in both services.',
  },
  limits: {
    contradicts: (other: number) => `contradicts the other limit of this service, ${other}.`,
    pair: 'should have "soft" and "hard".',
    swarm: (key: string) =>
      `deploy.${key} is for a swarm, and has no effect on one host, as with docker compose`,
  },
  node: {
    problem: (file: string, line: number, key: string, what: string) => `${file}:${line}: ${key}: ${what}`,
  },
  order: {
    called: (name: string) => `is called "${name}" here; the others find it by its own name, too`,
    inactive: (service: string) => `"${service}" is of a profile that is not on (COMPOSE_PROFILES).`,
    name: 'should have a name of at most 31 letters, digits and hyphens that begins with a letter.',
    noHealthcheck: (service: string) =>
      `"${service}" has no "healthcheck" in the file, which "service_healthy" waits for.`,
    taken: (name: string) => `would be called "${name}", as another service is.`,
    unknown: (service: string) => `"${service}" is no service of the file.`,
  },
  paths: {
    noFile: (file: string) => `there is no file "${file}".`,
  },
  ports: {
    address: (got: string) => `should be published on an IPv4 address, got "${got}".`,
    form: (got: string) =>
      `"${got}" should be "HOST:CONTAINER" or "ADDRESS:HOST:CONTAINER", with numbers for both ports.`,
    noTarget: 'should have a "target", the port in the container.',
    one: (got: string) => `should be one TCP port, got "${got}".`,
    range: 'is a range of ports: write a line for each port.',
    rangeIn: (got: string) => `"${got}" is a range of ports: write a line for each port.`,
    udp: 'is UDP, and only TCP ports are published here.',
    udpIn: (got: string) => `"${got}" is UDP, and only TCP ports are published here.`,
  },
  process: {
    capability: (name: string) =>
      `is not supported: ${name} would give the service access to the host or its network.`,
    empty: "should not be empty: leave it out for the image's own.",
    host: 'should be NAME=ADDRESS.',
    label: (name: string) => `"${name}" is a label that tools set: choose another name.`,
    openQuote: 'has a quote that is not closed.',
    restart: (got: string) => `should be "no", "always", "unless-stopped" or "on-failure", got "${got}".`,
    secretLabel: 'should have no secret, as labels are shown to all who may ask Docker.',
    securityOption: (got: string) => `"${got}" is not supported: "no-new-privileges" is, and is always on.`,
  },
  proxies: {
    labels:
      'name routes for a reverse proxy that is left out. Give them to this package\'s: x-btcw: { routes: ["/"] }.',
    leftOut:
      'is left out, as this package has its own reverse proxy and frp client (x-btcw: { keep: true } keeps it)',
    servesFiles: (source: string, path: string) =>
      `is a reverse proxy, which this package has, but it has files of its own to serve (${source} at ${path}). x-btcw: { routes: ["/static"] } keeps it for the paths of these files; x-btcw: { keep: false } leaves it out.`,
  },
  relations: {
    address: 'is not supported: Docker chooses addresses. Services find each other by name.',
    containerName: 'containers are called <project>-<service>; the name in the file is kept on the network',
    driver: (got: string) => `should be "bridge", got "${got}".`,
    driverOptions: 'is not supported: the network is made as Docker makes it.',
    external: "is not supported: services here are on a network of the project's own.",
    internal: 'a network that was internal leads to the internet here',
    ipam: 'Docker chooses the addresses of the network',
    ipv6: 'is not supported: the network has IPv4 addresses.',
    oneNetwork: 'all services are on one network of the project, which separates no service from another',
    restart: 'is not restarted with what it depends on: its health check has to notice',
  },
  routing: {
    allRequests: 'gets all requests, as no other service has routes',
    hostPort: (port: number) => `should name the port of the host, too: "${port}:${port}".`,
    narrowed: 'published for this host and its containers only, not on all addresses: nginx is the way in',
    noPort: 'has routes, but does not say on which port it listens: x-btcw: { port: 8000 }, or "expose".',
    noRoot: 'no service has the route "/". Add it to one: x-btcw: { routes: ["/"] }.',
    noRoutes: (names: string) =>
      `none of ${names} has routes. Call the one that answers pages "frontend" and the one that answers /api "backend", or say it: x-btcw: { routes: ["/"], port: 8000 }.`,
    otherPort: (port: number, given: number, setting: string) =>
      `port ${port} of this host leads to it, not ${given} (${setting})`,
    portOf: (port: number, service: string) => `port ${port} of ${service}`,
  },
  /** What values should be; each but the sentences at the end is named in `expected`. */
  values: {
    aCommand: 'a command',
    aFolder: 'a folder',
    aList: 'a list',
    aMap: 'a map',
    aPort: 'a port',
    aVolume: 'a volume',
    anImage: 'an image',
    assignment: 'NAME=value',
    boolean: 'true or false',
    count: 'a whole number above 0',
    duration: 'a duration such as "30s" or "1m30s"',
    limit: 'a whole number, or -1 for none',
    oneContainer: '1, as each service here is one container',
    or: ' or ',
    portNumber: 'a port between 1 and 65535',
    processes: 'a number of processes above 0',
    processors: 'a number of processors above 0',
    size: 'a size such as "512m"',
    text: 'text',
    ambiguous: (written: string) => `${written} may be read as another number: put it in quotes.`,
    expected: (what: string, got: string) => `should be ${what}, got ${got}.`,
    needs: (key: string) => `should have a "${key}".`,
    unknownKey: 'is not supported here, or is no key of the Compose Specification.',
    unset: (name: string, expression: string) =>
      `${name} is not set. Write ${name}=value into .env, or "${expression}" here where it may be empty.`,
    /** @param problem as {@link settings.interpolate} says it */
    variable: (problem: string, got: string) => `${problem}, got "${got}".`,
  },
  volumes: {
    driver: (got: string) => `should be "local", got "${got}".`,
    driverOptions: 'is not supported: mount a folder of the host by its path instead ("./data:/data").',
    external:
      'is made outside of the project ("external"), and volumes here are the project\'s own. Copy its data in, or mount a folder.',
    host: (path: string) => `"${path}" of the host is not mounted: it gives control of the host.`,
    madeByDocker: 'folders that are not there are made by Docker and belong to root',
    name: 'should be letters, digits, "_", "." and "-".',
    named: 'volumes are named after the project, whatever the file calls them',
    noPath: (path: string) => `there is no "${path}".`,
    noVolume: (name: string) =>
      `"${name}" is no volume of the file: name it under "volumes:", or begin a path with "./".`,
    option: (option: string) => `the option "${option}" is not supported: "ro" and "rw" are.`,
    target: (got: string) => `should name an absolute path in the container, got "${got}".`,
    tmpfsOption: (option: string) => `the option "${option}" is not supported: "size" is.`,
  },
  yaml: {
    empty: 'the file is empty.',
    key: 'a key should be text.',
    mergeKey: '"<<" should name a map or a list of maps.',
    noAnchor: (name: string) => `there is no anchor "&${name}".`,
    oneDocument: 'one file should have one document.',
    root: 'should be a map with "services".',
    tooLarge: 'its aliases or levels make it too large.',
    /** By the codes of the package yaml. */
    syntax: {
      ALIAS_PROPS: 'An alias has no anchor or tag of its own.',
      BAD_ALIAS: 'The name of an anchor or alias is missing, or ends with ":".',
      BAD_COLLECTION_TYPE: 'The tag does not fit what follows it.',
      BAD_DIRECTIVE: 'A line that begins with "%" is no directive of YAML.',
      BAD_DQ_ESCAPE:
        'The "\\" in double quotes begins no escape sequence: write "\\\\", or use single quotes.',
      BAD_INDENT:
        'The indentation is wrong, or a bracket is not closed: entries of one list begin at the same column.',
      BAD_PROP_ORDER: 'Anchors and tags should follow "-", "?" or ":".',
      BAD_SCALAR_START: 'A value that begins with this character should be in quotes.',
      BLOCK_AS_IMPLICIT_KEY:
        'A line should have one "key: value" (put a value that has ": " in quotes), or its indentation is wrong.',
      BLOCK_IN_FLOW: 'What is inside brackets or braces should be in brackets or braces, too.',
      DUPLICATE_KEY: 'Map keys must be unique.',
      IMPOSSIBLE: 'This cannot be read.',
      KEY_OVER_1024_CHARS: 'A key should have at most 1024 characters.',
      MISSING_CHAR: 'Something is missing: a ":" after a key, a quote, a bracket, a comma or a space.',
      MULTILINE_IMPLICIT_KEY: 'A key should be on one line: is a ":" or a quote missing?',
      MULTIPLE_ANCHORS: 'A value should have at most one anchor.',
      MULTIPLE_DOCS: 'One file should have one document.',
      MULTIPLE_TAGS: 'A value should have at most one tag.',
      NON_STRING_KEY: 'A key should be text.',
      RESOURCE_EXHAUSTION: 'It is nested too deeply.',
      TAB_AS_INDENT: 'Tabs are not allowed as indentation: use spaces.',
      TAG_RESOLVE_FAILED: 'Tags such as "!name" are not supported.',
      UNEXPECTED_TOKEN: 'Something stands here that YAML does not expect, such as a second value or a comma.',
    },
  },
};
