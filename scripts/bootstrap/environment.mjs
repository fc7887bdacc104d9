// The environment of the programs that are started. What the caller's shell has set for them may say where things come
// from (registries, proxies, certificates, the engine), and not what is made of them: a build or a plan would be another
// one in another shell. Plain JavaScript without dependencies: bootstrap starts programs, too.
import { accessSync, constants, existsSync, mkdirSync, realpathSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

/** @typedef {Readonly<Record<string, string | undefined>>} Environment */

/** Architectures of machines that are deployed on, by Node's names, as Go, Debian, Docker and Terraform name them. */
export const ARCHITECTURES = /** @type {const} */ ({ x64: 'amd64', arm64: 'arm64' });

/** @typedef {(typeof ARCHITECTURES)[keyof typeof ARCHITECTURES]} Architecture */

/** This machine's. On others bootstrap's first step fails. @type {Architecture} */
export const ARCHITECTURE = ARCHITECTURES[/** @type {keyof typeof ARCHITECTURES} */ (process.arch)];

/**
 * Variables that change what a program does. An application's own settings are not among these.
 * @type {readonly { reads: RegExp, stays?: RegExp }[]}
 */
const OF_TOOLS = [
  // Another workspace or data folder has another state; arguments, logs and plugin folders change every run.
  { reads: /^(TF|TOFU|CDKTF)_|^(TERRAFORM_BINARY_NAME|SYNTH_HCL_OUTPUT)$/ },
  {
    reads: /^(DOCKER|BUILDX|BUILDKIT)_/,
    stays: /^DOCKER_(HOST|CONTEXT|CONFIG|TLS|TLS_VERIFY|CERT_PATH|CUSTOM_HEADERS|AUTH_CONFIG)$/,
  },
  // Options of tar, apt, dpkg and Perl, files that shells read, and the repository of a git hook.
  { reads: /^(TAR_OPTIONS|POSIXLY_CORRECT|SOURCE_DATE_EPOCH|BASH_ENV|ENV|CDPATH)$/ },
  { reads: /^(APT|DEB|DEBIAN|DEBCONF|DPKG)_|^PERL/ },
  { reads: /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|COMMON_DIR|NAMESPACE|PREFIX)$/ },
];

/**
 * Variables that change what is built, and that an application's compose file may take for itself.
 * @type {readonly { reads: RegExp, stays?: RegExp }[]}
 */
const OF_BUILDS = [
  {
    reads: /^NODE_/,
    stays: /^NODE_(EXTRA_CA_CERTS|USE_SYSTEM_CA|USE_ENV_PROXY|TLS_REJECT_UNAUTHORIZED|NO_WARNINGS|OPTIONS)$/,
  },
  { reads: /^(VITE_|ESBUILD_|TSX_|BROWSERSLIST)/ },
  {
    reads: /^npm_/i,
    stays:
      /^npm_config_(.*(registry|proxy|auth|password).*|ca|cafile|cert|key|strict_ssl|cache|userconfig|globalconfig|fetch_.*|maxsockets|offline|prefer_.*)$/i,
  },
  {
    reads: /^(GO[A-Z0-9]*|CGO_\w+)$/,
    stays: /^GO(PROXY|PRIVATE|NOPROXY|SUMDB|NOSUMDB|INSECURE|AUTH|VCS|ENV|PATH|CACHE|MODCACHE)$/,
  },
];

const TERRAFORM = {
  // The provider is where Terraform looks by itself. A file of the user's would have it ask a mirror instead.
  TF_CLI_CONFIG_FILE: '/dev/null',
  // No call home, which hangs where the vendor's servers are slow.
  CHECKPOINT_DISABLE: '1',
  TF_IN_AUTOMATION: '1',
};

/** What Go builds, whatever the shell or `go env -w` says. */
const GO_TARGET = {
  ...{
    GOOS: 'linux',
    GOARCH: ARCHITECTURE,
    GOAMD64: 'v1',
    GOWORK: 'off',
    GO111MODULE: 'on',
    CGO_ENABLED: '0',
  },
  // Some distributions keep Go from fetching a newer one.
  GOTOOLCHAIN: 'auto',
};

/** Options of Node that say where it connects to, and whom it trusts. */
const NODE_OPTIONS =
  /^--(use-(openssl|bundled|system)-ca|dns-result-order=\S+|tls-\S+|(no-)?network-family-\S+)$/;

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/** Proxies that are not asked for this host. @param {Environment} env @returns {Environment} */
function withoutProxyHere(env) {
  const isProxied = Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name) && env[name]);
  if (!isProxied) return {};
  const list = [...new Set([...(env.no_proxy ?? env.NO_PROXY ?? '').split(/[,\s]+/), ...LOOPBACK])];
  const value = list.filter(Boolean).join(',');
  return { NO_PROXY: value, no_proxy: value };
}

/** A folder of Go's that is none: "off", or relative. @param {string} name @param {string} value */
const isNoFolder = (name, value) => /^GO(PATH|CACHE|MODCACHE)$/.test(name) && !isAbsolute(value);

/**
 * @param {Environment} env @param {typeof OF_TOOLS} rules
 * @returns {Record<string, string>} without what the rules are about
 */
function without(env, rules) {
  const isLeftOut = (/** @type {string} */ name) =>
    rules.some(({ reads, stays }) => reads.test(name) && !stays?.test(name));
  const entries = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || isLeftOut(name) || isNoFolder(name, value) ? [] : [[name, value]],
  );
  return Object.fromEntries(entries);
}

/**
 * What Terraform, OpenTofu and cdktf get. Their provisioners are commands of this package, which read the caller's
 * variables for the application and speak the caller's language.
 * @param {Environment} [env] @returns {NodeJS.ProcessEnv}
 */
export const terraformEnvironment = (env = process.env) => ({
  ...without(env, OF_TOOLS),
  ...withoutProxyHere(env),
  ...TERRAFORM,
});

/**
 * What any other program gets.
 * @param {Environment} [env] @returns {NodeJS.ProcessEnv}
 */
export function programEnvironment(env = process.env) {
  const { NODE_OPTIONS: given = '', ...rest } = without(env, [...OF_TOOLS, ...OF_BUILDS]);
  const options = given.split(/\s+/).filter((option) => NODE_OPTIONS.test(option));
  return {
    ...rest,
    ...withoutProxyHere(env),
    ...(options.length > 0 && { NODE_OPTIONS: options.join(' ') }),
    ...TERRAFORM,
    ...GO_TARGET,
    // What programs say is read here, too.
    LC_ALL: 'C.UTF-8',
  };
}

const STANDARD_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * The caller's PATH with what is missing in it: the standard folders, of which cron has two, and before all others the
 * folder of this Node, where "node" would be another one.
 * @param {string} given @param {string} node path of the program that runs this
 */
export function pathWith(given, node) {
  const folders = given.split(delimiter).filter(Boolean);
  const all = [...folders, ...STANDARD_PATH.filter((folder) => !folders.includes(folder))];
  const found = all.map((folder) => join(folder, 'node')).find((path) => existsSync(path));
  const isThis = found !== undefined && realpathSync(found) === realpathSync(node);
  return [...(isThis ? [] : [dirname(node)]), ...all].join(delimiter);
}

/** @param {string} folder */
function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Least room for temporary files, and longest path of a folder that sockets are made in (107 bytes in all). */
const LEAST_FREE_BYTES = 16 * 1024 ** 2;
const LONGEST_PATH = 70;

/** Whether temporary files can be made in a folder. @param {string} folder */
function isTemporary(folder) {
  if (!isAbsolute(folder) || folder.length > LONGEST_PATH || !isWritable(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= LEAST_FREE_BYTES;
}

/** @returns {string} of the user database where HOME is not set; '' where neither knows one */
function homeOfUser() {
  try {
    return homedir();
  } catch {
    return '';
  }
}

/** Where Terraform finds the provider below a home folder. */
const PLUGINS = '.terraform.d/plugins';

/** What cdktf's library reads in this process: its command line sets it for the programs that it starts. */
const OF_CDKTF = /^(CDKTF_|SYNTH_HCL_OUTPUT$)/;

/**
 * Sets what every program needs to a value that serves, where the caller's does not: PATH, HOME and TMPDIR.
 * @param {string} root of this package @param {NodeJS.ProcessEnv} [env] which is changed
 */
export function settlePlaces(root, env = process.env) {
  for (const name of Object.keys(env).filter((key) => OF_CDKTF.test(key))) delete env[name];
  env.PATH = pathWith(env.PATH ?? '', process.execPath);
  const home = env.HOME || homeOfUser();
  // One that is only read may still hold the provider.
  if (isAbsolute(home) && (isWritable(home) || existsSync(join(home, PLUGINS)))) env.HOME = home;
  else {
    env.HOME = join(root, '.build/home');
    mkdirSync(env.HOME, { recursive: true, mode: 0o700 });
  }
  if (env.TMPDIR && isTemporary(env.TMPDIR)) return;
  const temporary = ['/tmp', '/var/tmp', join(root, '.build')].find(isTemporary);
  if (temporary && (env.TMPDIR || temporary !== '/tmp')) env.TMPDIR = temporary;
}
