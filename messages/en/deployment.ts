export const deployment = {
  applicationProblems: {
    login: (path: string, answer: string) => `login at ${path}: ${answer}`,
    loginNoToken: (path: string, answer: string, keys: string, profile: string) =>
      `login at ${path}: ${answer}, but no token at "${keys}": compare ${profile}`,
    loginUnknownUser: (path: string, answer: string, fix: string) => `login at ${path}: ${answer}; ${fix}`,
    logsErrors: (container: string, lines: string) => `${container} is healthy, but logs errors: ${lines}`,
    ofService: (service: string, problem: string) => `${service}: ${problem}`,
  },
  backingServices: {
    noAnswer: (variable: string, address: string) => `${variable}: no answer from ${address}`,
    noHost: (variable: string, host: string) => `${variable}: no host "${host}" in the network`,
    noRoute: (variable: string, address: string) => `${variable}: no route to ${address}`,
    refused: (variable: string, address: string) => `${variable}: ${address} refuses the connection`,
    refusedByItself: (variable: string, address: string) =>
      `${variable}: ${address} (the container itself) refuses the connection`,
  },
  bringBack: {
    cannot: (when: string, why: string) => `The deployment of ${when} cannot be brought back.\n${why}`,
    doctorSays: 'npm run doctor says what is wrong.',
  },
  compose: {
    composeFileNotRead: (file: string) =>
      `${file}: COMPOSE_FILE is not read. Name one file in BTCW_COMPOSE_FILE; "extends" takes services of others.`,
    line: (file: string, line: number) => `${file}, line ${line}`,
    settingNotRead: (file: string, name: string, settingsFile: string) =>
      `${file}: ${name} is not read: settings belong into ${settingsFile}.`,
  },
  environments: {
    unreadable: (file: string, error: string) => `${file}: cannot be read: ${error}`,
  },
  frpPin: {
    accept:
      'where it was changed on purpose, compare it with what the server has (openssl x509 -noout -fingerprint -sha256 -in FILE, of its transport.tls.certFile), then: npm run deploy -- --accept-frp-certificate',
    caFile: (server: string, file: string) => `frp server ${server}: checked by the CA in ${file}`,
    changed: (server: string, pinned: string, shown: string) =>
      `The frp server ${server} shows another certificate than the pinned one: it was changed there, or somebody is in between. Nothing was changed.\n  pinned: ${pinned}\n  shown:  ${shown}`,
    expired: (server: string) =>
      `frp server ${server}: its certificate is not valid today, and frpc refuses it. Renew it there, restart frps, then: npm run deploy`,
    forOthers: (names: string) => `it is a public CA's for ${names}`,
    madeAtStart: 'frps makes a new one at each start, as it is given none',
    makeOne: (commands: string) =>
      `On the server make one, name it in frps.toml, restart frps, then npm run deploy here:\n${commands}`,
    nameless: 'it is for no name (subjectAltName)',
    noAnswer: (server: string, why: string) =>
      `frp server ${server}: no certificate yet (${why}), so there is nothing to check it by. The first deploy that reaches it pins it.`,
    notChecked: (server: string, why: string, fix: string) =>
      `frp server ${server}: its certificate cannot be pinned: ${why}. Whoever is in between can read passwords and tokens. ${fix}`,
    nothingToAccept: (server: string, why: string) =>
      `--accept-frp-certificate: the frp server ${server} shows no certificate (${why}). Nothing was changed.`,
    nowPinned: (server: string, certificate: string) =>
      `frp server ${server}: certificate pinned from now on, SHA-256 ${certificate}`,
    pinned: (server: string, certificate: string) =>
      `frp server ${server}: checked by its pinned certificate, SHA-256 ${certificate}`,
    refusedByItself: (problem: string) => `frpc would refuse it (${problem})`,
    signedBy: (ca: string, fingerprint: string) => `${fingerprint} of the CA ${ca}`,
    unfit:
      '\n       frps makes that one at each start: accepted, the server is checked no more, until it has one that stays.',
    unreadable: (file: string) => `${file}: is no certificate. Nothing was changed.`,
    useName: (name: string) => `Set BTCW_FRP_SERVER_ADDR=${name}, then: npm run deploy`,
  },
  notices: {
    devModeIsPublic: (server: string) =>
      `BTCW_FRONTEND_MODE=dev: Vite's development server, with the sources, is public on ${server}. Remove the line unless you develop.`,
  },
  /** What is wrong with a file of ours; it follows the file's name. */
  files: {
    damaged: 'is cut short or damaged',
    empty: 'is empty',
    missing: 'is missing',
  },
  health: {
    both: (status: string, health: string) => `${status}, ${health}`,
    log: (state: string, log: string) => `${state}. Its log:\n${log}`,
    notHealthy: (containers: string) => `Not every container is healthy: ${containers}.`,
    state: (container: string, status: string) => `${container} is ${status}`,
  },
  host: {
    askingEngine: 'Asking the Docker engine',
    noSubnet: "Docker's default bridge has no IPv4 subnet.",
    noSubnetFix: 'remove "bridge": "none" from /etc/docker/daemon.json and restart Docker.',
  },
  live: {
    allHere: 'all there',
    asksWhatRuns: 'Asking this host and its containers',
    compares: 'Comparing with what runs',
    reads: 'Reading the settings and the state',
    deployment: 'Deployment',
    images: 'Images',
    plans: 'Working out what deploy would change',
    total: (took: string) => `Done in ${took}.`,
    verification: 'Verification',
  },
  owner: {
    adopt: 'npm run deploy -- --adopt takes it over here, with the secrets that it runs with and its data.',
    elsewhere: (project: string, folder: string, when: string) =>
      `"${project}" is deployed from ${folder} on ${when}, which has its state and its secrets. Nothing was changed.`,
    elsewhereFix: (folder: string, adopt: string) =>
      `cd ${folder}, and run this there; or, to go on with it from this folder:\n       ${adopt}\n       For another deployment beside it, choose another BTCW_PROJECT.`,
    folderGone: (project: string, folder: string, when: string) =>
      `"${project}" is deployed from ${folder} on ${when}, which is gone. Nothing was changed.`,
    origin: (folder: string, when: string) => `deployed from ${folder} on ${when}`,
    stateGone: (project: string, folder: string, when: string) =>
      `"${project}" is deployed from ${folder} on ${when}: this folder, whose state and secrets are gone. Nothing was changed.`,
    unknown: (project: string) =>
      `"${project}" is deployed from another folder, whose name is not known, which has its state and its secrets. Nothing was changed.`,
    unknownFix: (adopt: string) =>
      `go to that folder, and run this there; or, to go on with it from this folder:\n       ${adopt}\n       For another deployment beside it, choose another BTCW_PROJECT.`,
    unknownOrigin: 'deployed from another folder, whose name is not known',
  },
  preflight: {
    bindsElsewhere: (service: string, paths: string, machine: string) =>
      `The engine is on ${machine}, where ${service} cannot mount what is on this machine: ${paths}.`,
    bindsElsewhereFix:
      'use volumes, or images that have the files in them (BTCW_FRONTEND_MODE=static); or run ./btcw on that machine.',
    onHost: (machine: string, problem: string) => `On ${machine}: ${problem}`,
    addressNotHere: (setting: string, address: string) =>
      `${setting}: should be an address of this host, got "${address}". See: ip -brief address`,
    foreignContainer: (name: string) =>
      `A container named ${name} exists that is not of this deployment. Rename or remove it (docker rm -f ${name}), or choose another BTCW_PROJECT.`,
    foreignNetwork: (name: string) =>
      `A network named ${name} exists that is not of this deployment. Rename or remove it (docker network rm ${name}), or choose another BTCW_PROJECT.`,
    foreignVolume: (name: string) =>
      `A volume named ${name} exists that is not of this deployment. Rename or remove it (docker volume rm ${name}), or choose another BTCW_PROJECT.`,
    gatewayInNetwork: (gateway: string, network: string, subnet: string, fitting: string) =>
      `BTCW_GATEWAY: should be free for a network of this project, got "${gateway}", but Docker network "${network}" has ${subnet}. Use ${fitting}, the address of the default bridge here.`,
    gatewayOnRoute: (gateway: string, device: string, subnet: string, fitting: string) =>
      `BTCW_GATEWAY: should be free for a network of this project, got "${gateway}", but ${device} of this host leads to ${subnet}. Use ${fitting}, the address of the default bridge here.`,
    latestMissing: (setting: string, image: string) =>
      `${setting}: should be an image of this host, got "${image}". Build it (docker build -t ${image} …), or name one with a fixed tag.`,
    portOf: (service: string) => `The port of ${service}`,
    portTaken: (setting: string, port: number, who: string, address: string, fix: string) =>
      `${setting}: should be a free port, got "${port}", which ${who} uses on ${address}. ${fix}`,
    unknownProgram: 'a program',
    programOnLoopback: (setting: string, service: string, socket: string, program: string, start: string) =>
      `${setting}: should be where your ${service} listens, got "${socket}", where ${program} listens on 127.0.0.1 only, which containers do not reach. Start it with ${start}, or on 0.0.0.0.`,
    programSilent: (setting: string, service: string, socket: string, start: string) =>
      `${setting}: should be where your ${service} listens, got "${socket}", where nothing listens. Start it with ${start}, or on 0.0.0.0.`,
    programSocketHeld: (setting: string, service: string, socket: string) =>
      `${setting}: should be where your ${service} listens, got "${socket}", which a container of this deployment still has. Let it listen on another port.`,
  },
  profile: {
    makeUser: (user: string, passwordFile: string) =>
      `make a user "${user}" with the password in ${passwordFile}, or name one that there is: BTCW_ADMIN_USER, BTCW_ADMIN_PASSWORD_FILE`,
  },
  project: {
    secretsAdopted: (project: string, names: string) =>
      `secrets/${project}: ${names} taken from the deployment that runs.`,
    secretsLost: (project: string, names: string) =>
      `secrets/${project}: ${names} cannot be read from the deployment that runs: generated again.`,
    secretsRecovered: (project: string, names: string) =>
      `secrets/${project}: ${names} taken from the deployment that runs, as they were missing.`,
  },
  releases: {
    noRelease: 'is no release',
    skipped: (file: string, problem: string) => `${file} ${problem}: that release is skipped.`,
  },
  report: {
    butBroken: 'but the application does not work',
    comma: ', ',
    create: { doing: 'starting', done: 'healthy' },
    delete: { doing: 'stopping', done: 'removed' },
    deployment: 'Deployment',
    doneOf: (done: number, planned: number) => `${done} of ${planned} changes done`,
    down: 'down',
    head: { container: 'container', image: 'image', health: 'health', address: 'address' },
    open: (url: string) => `Open ${url}`,
    other: { doing: 'starting', done: 'done' },
    readyToRun: 'ready to run',
    started: 'started',
    stop: '. ',
    tunnelDown: (reason: string, outlook: string) => `Tunnel down: ${reason}. ${outlook}`,
    tunnelUp: (url: string) => `Tunnel up: ${url}`,
    update: { doing: 'updating', done: 'updated' },
    waitsForTunnel: 'Waiting for the tunnel',
    withoutTunnel: 'without the tunnel',
  },
  routes: {
    hostProgram: (service: string, socket: string) =>
      `read the output of your ${service}, which has to listen on ${socket} or 0.0.0.0 (uvicorn --host, vite --host)`,
  },
  secretProblems: {
    databasePasswordRule: 'should hold one line of at least 12 letters, digits, ".", "_", "~" and "-"',
    empty: (file: string, rule: string, fix: string) => `${file}: ${rule}, and is empty. ${fix}`,
    generated: 'Remove the file, then run this again: another is generated.',
    nothingChanged: 'Nothing was changed: what runs goes on with the secrets that it has.',
    oneLineRule: 'should hold one line without blanks',
    passwordFix: 'Write such a password into it (or remove the file: one is generated), then run this again.',
    shortToken: (file: string, shortest: number, length: number, server: string) =>
      `${file}: should hold a token of at least ${shortest} characters, as ${server} is not this host, and has ${length}. Put a longer one (openssl rand -hex 16) there and into auth.token of the server's frps.toml, and restart frps.`,
    wrong: (file: string, rule: string, fix: string) => `${file}: ${rule}, and does not. ${fix}`,
  },
  settings: {
    circularLink: (file: string) =>
      `${file}: is a symbolic link that leads to itself. Remove it, or point it to the file of settings.`,
    deadLink: (file: string) =>
      `${file}: is a symbolic link that leads nowhere. Remove it, or point it to the file of settings.`,
    folder: (file: string) =>
      `${file}: should be a file, but is a folder. Remove it, or write the settings into a file of that name.`,
    forbidden: (file: string) =>
      `${file}: this user may not read it. Change its owner or its mode: sudo chown "$USER" ${file}`,
    missing: (file: string) => `${file}: there is no such file.`,
    noFile: (file: string) => `${file}: should be a file.`,
    unreadable: (file: string, error: string) => `${file}: cannot be read: ${error}`,
  },
  startWatch: {
    checkFails: (output: string) => `its health check fails so far: ${output}`,
    noCheckYet: 'waiting for its first health check',
    startsAgain: (restarts: number) => `has exited and is started again (${restarts} times)`,
    exited: (container: string, code: number, line: string) =>
      `${container} has exited with code ${code}: ${line}`,
    exitedAgain: (container: string, code: number, line: string) =>
      `${container} has exited with code ${code} and is started again: ${line}`,
    gaveUp: (container: string, code: number) =>
      `${container} has exited with code ${code}: it is not waited for any longer.`,
    gaveUpAfter: (container: string, times: number) =>
      `${container} has exited ${times} times: it is not waited for any longer.`,
    startedAgain: (container: string, line: string) =>
      `${container} has exited and is started again: ${line}`,
  },
  state: {
    aMomentAgo: 'a moment ago',
    broken: (file: string, problem: string) => `${file} ${problem}.`,
    brokenFix: 'run this again: it restores the state.',
    holder: (operation: string, who: string, since: string) => `"${operation}" by ${who}, since ${since}`,
    locked: (project: string, holder: string) =>
      `Another run holds the lock of "${project}": ${holder}. Nothing was changed.`,
    lockedFix: 'wait until it has ended, then run this again.',
    noBackup: (file: string, problem: string, aside: string) =>
      `${file} ${problem}: there is no backup. Containers that carry the label of the project are recreated, volumes are kept. The broken one is kept as ${aside}.`,
    noState: 'is no Terraform state',
    otherProject: (project: string) => `is of another project, "${project}"`,
    restored: (file: string, problem: string, backup: string) =>
      `${file} ${problem}: restored from ${backup}.`,
    restoredBroken: (file: string, problem: string, backup: string, aside: string) =>
      `${file} ${problem}: restored from ${backup}. The broken one is kept as ${aside}.`,
    someone: 'someone',
    unreadable: (file: string, error: string) => `The state ${file} cannot be read: ${error}`,
  },
  terraform: {
    cannotForget: (addresses: string, output: string) => `terraform cannot forget ${addresses}:\n${output}`,
    diskFull: (message: string) => `A disk is full: ${message}`,
    diskFullFix: 'make room (df -h and docker system df show where), then run the same command again.',
    failed: 'terraform failed',
    initFailed: (output: string) => `terraform init failed:\n${output}`,
    initFix: 'npm run up makes the provider available.',
    nameInUse: (container: string) =>
      `A container named ${container} exists, but not in this deployment's state.`,
    nameInUseFix: (container: string) => `docker rm -f ${container}, or choose another BTCW_PROJECT.`,
    noMessage: 'terraform failed without a message.',
  },
  terraformProcess: {
    cannotStart: (error: string) => `terraform cannot be started: ${error}`,
    ending: 'Ending what was begun …',
    interrupted: 'Interrupted. What was done until then is in the state.',
    interruptedFix: 'the same command again goes on from here.',
    stillEnding: 'Still ending what was begun …',
  },
  tunnel: {
    certificate: "the frp server's certificate does not fit BTCW_FRP_TLS_CA_FILE",
    hungUp: (server: string) => `${server} closed the connection`,
    hungUpOrOther: (server: string) =>
      `${server} closed the connection, or its certificate is not the pinned one (npm run doctor)`,
    loginFailed: (server: string, words: string) => `the login to ${server} failed: "${words}"`,
    noAnswer: (server: string) => `${server} does not answer: is its firewall open?`,
    noFrps: (server: string) => `${server} is not an frp server`,
    noRoute: (server: string) => `there is no route to ${server}`,
    nothingLogged: 'frpc has not logged anything yet',
    outlook: {
      changes: 'It stays down until that is changed.',
      passes: 'It comes up by itself when the server answers.',
      unknown: 'npm run status shows whether it has come up since.',
    },
    portNotAllowed: (port: number) =>
      `the frp server does not allow port ${port}: change BTCW_FRP_REMOTE_PORT, or the server's allowPorts`,
    portTaken: (port: number) => `port ${port} is taken on the frp server: change BTCW_FRP_REMOTE_PORT`,
    proxyExists: (proxy: string) =>
      `the frp server already has a proxy named "${proxy}": change BTCW_FRP_PROXY_NAME`,
    refusesConnections: (words: string) =>
      `the frp server accepts the tunnel, but no connections through it: "${words}"`,
    serverSays: (words: string) => `the frp server refuses the tunnel: "${words}"`,
    unexplained: (server: string) =>
      `${server} refuses the login and does not say why (detailedErrorsToClient = false): its token, most often`,
    refused: (server: string) => `nothing listens on ${server}: start frps there`,
    tokenRefused: 'the frp server refuses the token: put its auth.token into BTCW_FRP_TOKEN_FILE',
    unknownHost: (host: string) => `the name ${host} is not known: check BTCW_FRP_SERVER_ADDR`,
  },
};
