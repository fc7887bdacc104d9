// Plain JavaScript: bootstrap speaks before any package is installed.

/** @typedef {string | number} Shown */

export const bootstrap = {
  bootstrap: {
    bundle: 'Bundle',
    dockerProvider: 'Docker provider',
    engine: 'Engine',
    nodeTooOld: (/** @type {Shown} */ least, /** @type {string} */ found) =>
      `Node ${least} or later is needed, this is ${found}.`,
    nodeTooOldFix: 'install a current Node.js (22 or 24) and run the same command again.',
    packages: 'npm packages',
  },
  bundle: {
    badSignature: (/** @type {string} */ file) =>
      `${file} was changed or damaged after it was signed: its signature does not fit.`,
    cannotUnpack: (/** @type {string} */ part) => `${part} cannot be unpacked.`,
    checking: (/** @type {string} */ part) => `checking ${part}`,
    copyAgain: 'copy it here again, and compare the SHA-256 of both copies.',
    damaged: (/** @type {string} */ file, /** @type {string} */ part) =>
      `${file} is cut short or damaged: ${part} is not what was signed.`,
    given: (/** @type {string} */ version, /** @type {string} */ key) =>
      `${version}, signed with the given key ${key}`,
    known: (/** @type {string} */ version, /** @type {string} */ key) =>
      `${version}, signed with the pinned key ${key}`,
    later: (/** @type {string} */ file) => `${file} was written by a later version of this package.`,
    makeAnother: 'run ./btcw bundle FILE on a machine of this architecture.',
    makeRoom: 'make room on the disk, then run this again.',
    noBundle: (/** @type {string} */ file) =>
      `${file} is no bundle of this package, or cut short at its beginning.`,
    noFile: (/** @type {string} */ file) => `${file} is no file that is here.`,
    noKey: (/** @type {string} */ file) => `${file} holds no Ed25519 public key.`,
    otherArch: (/** @type {string} */ bundled, /** @type {string} */ here) =>
      `The bundle is for ${bundled}, and this machine is ${here}.`,
    otherKey: (/** @type {string} */ file, /** @type {string} */ found, /** @type {string} */ trusted) =>
      `${file} is signed with the key ${found}, and not with the trusted one, ${trusted}.`,
    otherKeyFix:
      'only where its maker confirms that fingerprint: --bundle-key FILE, with the bundle-key.pub of the machine that made it.',
    otherVersion: (
      /** @type {string} */ bundled,
      /** @type {string} */ source,
      /** @type {string} */ here,
      /** @type {string} */ sourceHere,
    ) =>
      `The bundle was made of version ${bundled}, sources ${source}; here is ${here}, sources ${sourceHere}.`,
    otherVersionFix: 'have the same version of this package on both machines, with the same files.',
    pinned: (/** @type {string} */ version, /** @type {string} */ key) =>
      `${version}, the first one: its key ${key} is pinned; compare it with what ./btcw bundle has printed`,
  },
  cdktf: { fetching: 'Fetching the cdktf command line (260 MB), once …' },
  docker: {
    found: (/** @type {string} */ version) => `${version}, found`,
    hostSilent: (/** @type {string} */ host) => `The Docker engine at DOCKER_HOST="${host}" does not answer.`,
    hostSilentFix: 'start it, or unset DOCKER_HOST.',
    installed: (/** @type {string} */ version) => `${version}, installed`,
    installedAndStarted: (/** @type {string} */ version) => `${version}, installed and started`,
    notAllowed: 'The Docker engine refuses this user (permission denied on its socket).',
    notAllowedFix: 'run sudo usermod -aG docker "$USER", then log out and in again.',
    notRunning: 'Docker is installed, but its engine is not running.',
    notStarted: (/** @type {Shown} */ sec) => `The Docker engine did not start within ${sec} s.`,
    showsWhy: (/** @type {string} */ command) => `${command} shows why.`,
    started: (/** @type {string} */ version) => `${version}, started`,
  },
  engine: {
    askingRegistry: 'asking the Terraform registry',
    builtFromSource: (/** @type {string} */ version) => `${version}, built: the registry did not answer`,
    doesNotRun: (/** @type {string} */ path) => `${path} does not run.`,
    doesNotRunFix: (/** @type {string} */ path) => `delete ${path} and run the same command again.`,
    found: (/** @type {string} */ version) => `${version}, found`,
    fromBundle: (/** @type {string} */ version) => `${version}, from the bundle`,
    fromRegistry: (/** @type {string} */ version) => `${version}, from the registry`,
    otherSystem: (/** @type {string} */ system) =>
      `This package deploys on Linux (x64 or arm64), not ${system}.`,
    otherSystemFix: 'run it on such a host.',
    registrySilent: 'no answer from the registry; building',
  },
  go: {
    fetching: (/** @type {Shown} */ least, /** @type {string} */ toolchain) =>
      `this host's Go is older than ${least}; fetching ${toolchain}`,
    proxySilent: (/** @type {string} */ proxy) => `the Go module proxy does not answer; using ${proxy}`,
    unreachable:
      'check that the Go module proxy is reachable. Where it is blocked, set GOPROXY to a mirror and run the same command again.',
  },
  packages: {
    installed: 'installed',
    isLink: (/** @type {string} */ folder, /** @type {string} */ target) =>
      `${folder} is a symbolic link to ${target}: npm would empty that folder.`,
    isLinkFix: (/** @type {string} */ folder) =>
      `rm ${folder}, and run the same command again for packages of its own.`,
    unreachable:
      'check that the npm registry is reachable; where it is slow, set a mirror: npm config set registry URL.',
    upToDate: 'up to date',
  },
  run: {
    /** The page with the help of every command. */
    helpPage: 'docs/commands.md',
    notSetUp: 'This package is not set up yet.',
    packagesChanged: (/** @type {string} */ names) =>
      `This version needs npm packages that are not installed yet: ${names}.`,
    wouldSetUp: 'This package is not set up yet: up would install it, build its images and deploy it.',
  },
  step: {
    asRoot: (/** @type {string} */ what) => `${what} is missing, and only root can install it.`,
    failed: (/** @type {string} */ command, /** @type {Shown} */ code, /** @type {string} */ output) =>
      `"${command}" failed (exit code ${code}):\n${output}`,
    failedFix: 'fix what it reports, then run the same command again: finished steps are skipped.',
    installByHand: (/** @type {string} */ what) =>
      `install ${what} as this distribution has it, and run the same command again.`,
    missing: (/** @type {string} */ what) => `${what} is missing.`,
    useBaseImage:
      'have the images built on one from a registry: BTCW_BASE_IMAGE=debian:trixie-slim in .env, and run the same command again.',
  },
  /** A name, and what is said of it. */
  labelled: (/** @type {string} */ name, /** @type {string} */ value) => `${name}: ${value}`,
  unknownOption: (/** @type {string} */ option) => `error: unknown option '${option}'`,
  withFix: (/** @type {string} */ what, /** @type {string} */ fix) => `${what}\n  Fix: ${fix}`,
};
