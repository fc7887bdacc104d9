/** What commands say. A parameter is a text that is ready to be shown. */
export const commands = {
  /** What several commands say. */
  common: {
    addYes: 'add --yes.',
    check: 'check',
    container: 'container',
    fix: (fix: string) => `Fix: ${fix}`,
    nameOneOf: (names: string) => `name one of ${names}.`,
    nothingChanged: 'Nothing was changed.',
    nothingDeployed: (project: string) => `Nothing of "${project}" is deployed.`,
    size: 'size',
  },
  applyConfig: {
    noProgram: (container: string) => `${container}: its image has neither an ENTRYPOINT nor a CMD.`,
    noProgramFix: 'add one to its Dockerfile, or give the service a command.',
    noShell: (container: string) =>
      `${container}: its image has no /bin/sh, which its secrets and its secret environment need.`,
    noShellFix: 'use an image with a shell, such as a -slim, an alpine or a :debug one.',
    notHealthy: (container: string, state: string) => `${container} is ${state} after its restart:`,
    refused: (container: string) => `The new configuration of ${container} was refused, the old one stays`,
    reloading: (container: string) => `Reloading ${container}`,
    restarting: (container: string) => `Restarting ${container}`,
  },
  backup: {
    done: (file: string, size: string, time: string) => `${file}: ${size}, in ${time}.`,
    exists: (file: string) => `${file} exists. A backup replaces no other file.`,
    existsFix: 'name another file.',
    holdsSecrets: 'It holds the secrets: keep it where only you can read it.',
    nothingRuns: (project: string) => `Nothing of "${project}" runs: there is nothing to back up.`,
    restore: (file: string) => `To bring it back, here or on another host: npm run restore -- ${file}`,
  },
  bench: {
    failed: (command: string, output: string) => `"${command}" failed while measured:\n${output}`,
    figures: {
      cdktfDeploy: 'cdktf deploy, nothing to do',
      cdktfDiff: 'cdktf diff',
      change: 'an nginx setting changed, until live',
      cold: 'deploy, cold with images',
      deploy: 'deploy, nothing to do',
      diff: 'diff',
      doctor: 'doctor',
    },
    image: 'image',
    measured: 'measured',
    ratio: 'ratio',
    /** What a figure is compared with. */
    references: { cdktfDeploy: 'cdktf deploy', cdktfDiff: 'cdktf diff', cold: 'cold deploy' },
    time: 'time',
  },
  bundle: {
    atDigest: (image: string) => `${image} is named by its digest, which docker save does not keep.`,
    atDigestFix: 'name it by a tag.',
    devMode: 'BTCW_FRONTEND_MODE=dev fetches packages as it runs: a bundle is for the static frontend.',
    done: (file: string, size: string, time: string) => `${file}: ${size}, in ${time}.`,
    exists: (file: string) => `${file} exists. A bundle replaces no other file.`,
    existsFix: 'name another file.',
    noProgram: (file: string, arch: string) => `${file} is no program for Linux on ${arch}.`,
    noProgramFix: 'put the program itself first on the PATH, and not what chooses among its versions.',
    otherArch: (wanted: string, here: string) =>
      `Images can be built for this machine's architecture only, ${here}, and not for ${wanted}.`,
    otherArchFix: (wanted: string) => `run ./btcw bundle FILE on a machine that is ${wanted}.`,
    otherImage: (image: string, found: string, arch: string) =>
      `${image} is for ${found}, and not for ${arch}.`,
    loaded: 'loaded',
    loading: 'Images of the bundle',
    notIn: (images: string) => `The bundle has no image for what the settings here ask for: ${images}.`,
    notInFix: 'make it with the same settings, compose file and sources of your application as here.',
    part: (name: string) => `Part ${name}`,
    reading: 'Loading the images of the bundle',
    saving: 'Saving images',
    signed: (fingerprint: string) => `Signed with the key ${fingerprint}`,
    publicKey: (file: string) => `Its public key, for --bundle-key: ${file}`,
    use: (file: string) =>
      `On the other machine, with the same files of this package: ./btcw up --bundle ${file}`,
  },
  deploy: {
    causeThenDeploy: 'fix the cause above, then npm run deploy.',
    databaseKept: (file: string) => `A database's container is replaced; what it holds is kept in ${file}.`,
    deployed: (time: string) => `Deployed in ${time}`,
    doctorSays: 'npm run doctor says what is wrong.',
    failedAndBack: (when: string) => `The deployment failed; the one of ${when} runs again.`,
    fixOr: (fix: string, other: string) => `${fix} Or: ${other}`,
    goingBack: (when: string) => `Going back to the deployment of ${when}.`,
    rollbackGoes: (when: string) => `npm run rollback goes back to the deployment of ${when}.`,
    unchanged: 'Nothing changed',
  },
  destroy: {
    dataNone: 'none',
    gone: (project: string, time: string) => `"${project}" is gone (${time}).`,
    kept: 'Images, secrets/ and .env are kept.',
    keptWithData: (data: string) => `Kept: images, secrets/, .env and the data: ${data}.`,
    noTerminal: 'This has to be confirmed, and there is no terminal to ask on.',
    removeData: 'To remove the data as well: npm run destroy -- --volumes',
    removes: (project: string, data: string) =>
      `This removes the containers and networks of "${project}". Its data stays: ${data}.`,
    removesWithData: (project: string, data: string) =>
      `This removes the containers and networks of "${project}" AND ITS DATA: ${data}.`,
    sizeUnknown: 'size not known',
  },
  diff: {
    because: 'because',
    containersAndOthersChange: (
      count: string | number,
      total: string | number,
      others: string | number,
      command: string,
    ) => `${count} of ${total} containers change, with ${others} other resources. To do it: ${command}`,
    containersChange: (count: string | number, total: string | number, command: string) =>
      `${count} of ${total} containers change. To do it: ${command}`,
    effect: 'effect',
    imagesToBuild: (images: string) => `Images to build: ${images}`,
    noChanges: 'No changes.',
    noEffect: 'none',
    outage: 'outage',
    planFailed: (code: string | number) => `terraform plan ended with exit code ${code}.`,
  },
  doctor: {
    allChecks: 'All checks: npm run doctor -- --verbose',
    cannotReadFile: (file: string, reason: string) => `--token-file: cannot read "${file}": ${reason}`,
    cannotReadInput: (reason: string) => `--token-file: cannot read standard input: ${reason}`,
    emptyFile: (file: string) => `--token-file: should hold a token, but "${file}" is empty.`,
    emptyInput: '--token-file: should hold a token, but standard input is empty.',
    failedCheck: (name: string) => `Failed check: ${name}`,
    passed: (count: string | number, total: string | number, time: string) =>
      `${count} of ${total} checks passed (${time})`,
    passedAndSkipped: (
      count: string | number,
      total: string | number,
      skipped: string | number,
      time: string,
    ) => `${count} of ${total} checks passed, ${skipped} skipped (${time})`,
    result: 'result',
    seeBelow: 'see below',
    twoTokens: '--token-file: should not be given together with --token.',
  },
  dryRun: {
    /** What Terraform calls an action, or a resource's type. */
    actions: { create: 'create', delete: 'delete', remove: 'remove', replace: 'replace', update: 'update' },
    dataStays: (volumes: string) => `The data would stay: ${volumes}. Nothing was changed.`,
    goesBack: (when: string) => `It would go back to the deployment of ${when}. Nothing was changed.`,
    goesBackWithoutSettings: (when: string, settings: string) =>
      `It would go back to the deployment of ${when}. Your settings would stay the newer ones (${settings}). Nothing was changed.`,
    kinds: { container: 'container', network: 'network', volume: 'volume' },
    name: 'name',
    noData: 'No data would stay. Nothing was changed.',
    noEarlier: 'There is no earlier deployment to go back to.',
    nothingDeployed: (project: string) => `Nothing of "${project}" is deployed. Nothing was changed.`,
    rebuild:
      'Data and settings would stay. What else deploy would change: npm run diff. Nothing was changed.',
    what: 'what',
    would: 'would',
  },
  exec: {
    earlierVersion: 'This container was deployed by an earlier version.',
    gone: (container: string) => `${container} is gone.`,
    noService: (project: string, service: string) => `"${project}" has no service "${service}".`,
    notRunning: (container: string, state: string) =>
      `${container} is ${state}: commands run in a container that is running.`,
    notRunningFix: (service: string) =>
      `npm run logs -- ${service} shows what it said last; npm run deploy starts it.`,
  },
  images: {
    allThere: 'Images: all there',
    freshAll: '--fresh renews all images of the deployment',
    freshAlone: 'npm run images -- --fresh',
    renewed: (sec: string) =>
      `Images renewed in ${sec}. What runs has the old ones still: npm run diff shows the change, npm run deploy makes it.`,
    noImage: (name: string) => `There is no image "${name}" in this deployment.`,
    oneOf: (names: string) => `one of ${names}`,
  },
  logoutAll: {
    changeYourKey: "change your application's own key, then npm run deploy.",
    notUsed: 'No service of this deployment signs its tokens with JWT_SECRET_FILE.',
    nothingRuns: (project: string) => `Nothing of "${project}" runs: there is no session to end.`,
  },
  logs: {
    badTail: (value: string) => `--tail: should be a number of lines or "all", got "${value}".`,
    noContainer: (project: string, services: string) =>
      `"${project}" has no container of a service ${services}.`,
    or: ' or ',
  },
  restore: {
    again: (file: string) => `npm run restore -- ${file}, again.`,
    content: 'content',
    databasesKept: (file: string) => `What the databases hold is kept in ${file}.`,
    fileDiffers: (file: string) => `${file} is not as in the backup: it stays as it is here.`,
    noTerminal: (what: string) =>
      `This replaces ${what}; that has to be confirmed, and there is no terminal to ask on.`,
    partial: (why: string) => `${why}\nThe data is replaced in part, and the applications are not started.`,
    question: (what: string) => `This replaces ${what}.`,
    restored: (when: string, time: string) => `Restored to ${when}, in ${time}.`,
    secret: (name: string) => `secret ${name}`,
    settingDiffers: (name: string, then: string, now: string) =>
      `${name} was "${then}" and is "${now}": it stays as it is here.`,
    taken: (project: string, when: string, version: string) =>
      `"${project}", ${when}, by version ${version}.`,
    volume: (name: string) => `volume ${name}`,
  },
  rollback: {
    asNow: 'as now',
    back: (when: string, time: string) => `Back at the deployment of ${when}, in ${time}`,
    deployed: 'deployed',
    fileDiffers: (name: string) => `The file of ${name} is not what it was then; it is used as it is now.`,
    hasFailed: (when: string) => `${when} (could not be brought back)`,
    imagesGone: (when: string, images: string) =>
      `The deployment of ${when} cannot be brought back: its images are not on this host any more (${images}).`,
    isFirst: (when: string) => `The deployment of ${when} is the first; there is none before it.`,
    noneKept: (project: string) => `No deployment of "${project}" is kept: there is nothing to go back to.`,
    noneEarlier: (project: string) => `No earlier deployment of "${project}" is kept.`,
    noneUsable: (project: string) =>
      `No earlier deployment of "${project}" is kept that could be brought back.`,
    nothingRuns: (project: string) => `Nothing of "${project}" runs: there is nothing to go back from.`,
    secretsRestored: (folder: string, names: string) => `Of that deployment again, in ${folder}: ${names}.`,
    settings: 'settings that were different',
    settingsStay: (settings: string) =>
      `Your settings are still the newer ones (${settings}); the next deploy uses them.`,
  },
  runOneOff: {
    failed: (container: string, code: string) => `${container} has failed with exit code ${code}.`,
    notEnded: (container: string, sec: string | number) =>
      `${container} has not ended within ${sec} s, and was stopped.`,
    starting: (container: string) => `Starting ${container}`,
    stopping: (container: string) => `Stopping ${container}`,
  },
  status: {
    because: (state: string, reason: string) => `${state}: ${reason}`,
    cannotWrite: (file: string, reason: string) => `--svg: cannot write "${file}": ${reason}`,
    cannotWriteFix: 'name a file in a folder that exists.',
    connections: 'Connections',
    cpu: 'CPU',
    down: 'down',
    downFor: (time: string) => `down for ${time}`,
    established: (count: string | number, port: string | number, most: string | number) =>
      `${count} established on ${port} (at most ${most})`,
    killed: 'Killed',
    killedAt: (container: string, count: string | number, limit: string) =>
      `${container}: ${count} processes at its memory limit of ${limit} MiB`,
    lastError: (service: string, time: string, text: string) => `${service}, ${time} ago: ${text}`,
    lastErrors: 'Last errors',
    memory: 'memory',
    memoryOf: (used: string, limit: string) => `${used} of ${limit} MiB`,
    nginxNotRunning: 'not known: nginx is not running',
    noData: 'no data from the backend',
    noErrors: 'none',
    noNumbers: 'no numbers',
    noStatisticsPath: 'not known: the profile "generic" names no statistics path',
    open: 'Open',
    restarts: 'restarts',
    state: 'state',
    tunnel: 'Tunnel',
    up: 'up',
    upFor: (time: string) => `up for ${time}`,
    uptime: 'up',
    urls: (local: string, remote: string) => `${local}   through the tunnel: ${remote}`,
    webSockets: 'WebSockets',
    webSocketsOpen: (
      count: string | number,
      topics: string,
      received: string | number,
      sent: string | number,
      dropped: string | number,
    ) => `${count} open; ${topics}; ${received} in, ${sent} out, ${dropped} dropped`,
    withOldWorkers: (connections: string, count: number) =>
      `${connections}; ${count} old nginx workers, of earlier reloads`,
  },
  up: {
    changePassword:
      'write another of at least 12 characters, or 4 words, into that file, then: npm run deploy',
    logIn: (user: string, file: string) => `${user}, with the password in ${file}`,
    /** What is said to the left of what. */
    names: { change: 'Change it', logIn: 'Log in as', open: 'Open', settings: 'Settings' },
    open: (local: string, remote: string) => `${local}  or, through the tunnel, ${remote}`,
    settings: 'cp .env.example .env, edit, then: npm run diff && npm run deploy',
  },
  verify: {
    allPassed: (count: string | number) => `All ${count} checks passed.`,
    allPassedAndSkipped: (count: string | number, skipped: string | number) =>
      `All ${count} checks passed, ${skipped} skipped.`,
    badSoak: (value: string) => `--soak: should be a time such as "90s" or "5m", got "${value}".`,
    failed: (count: string | number, total: string | number) => `${count} of ${total} checks failed.`,
    failedAndSkipped: (count: string | number, total: string | number, skipped: string | number) =>
      `${count} of ${total} checks failed, ${skipped} skipped.`,
  },
};
