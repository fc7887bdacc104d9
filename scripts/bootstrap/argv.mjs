// What of a command line has to be known before any package is installed. Plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { programEnvironment } from './environment.mjs';

/** Options that may stand before the command, and take a value. */
const WITH_VALUE = ['--env-file', '--project'];

const PAGE_SECTION = /^## btcw (\S+)\n+```text\n(.*?)\n```$/gms;

/**
 * The version of this package, and the commit where it is a git checkout.
 * @param {string} root @param {string} packageJson text of the package.json @returns {string} @example '0.1.0 (85614c9)'
 */
export function versionOf(root, packageJson) {
  const { status, stdout } = spawnSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], {
    encoding: 'utf8',
    env: programEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return `${JSON.parse(packageJson).version}${status === 0 ? ` (${stdout.trim()})` : ''}`;
}

/**
 * Packages that a bundle needs and that are not there, as after an update of this package.
 * @param {unknown} error of esbuild @returns {string[]} none for any other error
 */
export function missingPackages(error) {
  const { errors = [] } = /** @type {{ errors?: { text: string }[] }} */ (error);
  return errors.flatMap(({ text }) => /^Could not resolve "([^"./][^"]*)"/.exec(text)?.[1] ?? []);
}

/**
 * The help of a command, or of all of them, out of the page that `npm run docs` writes.
 * @param {string} page text of docs/commands.md @param {string} [command] @returns {string}
 */
export function helpIn(page, command) {
  const sections = new Map([...page.matchAll(PAGE_SECTION)].map(([, name, text]) => [name, text ?? '']));
  return sections.get(command) ?? sections.get('COMMAND') ?? '';
}

/**
 * @typedef {object} Intent what a command line asks for
 * @property {string} command '' where there is none
 * @property {boolean} version
 * @property {boolean} help
 * @property {boolean} dryRun
 * @property {boolean} quiet
 * @property {boolean} json
 * @property {string | undefined} envFile what --env-file names
 * @property {string | undefined} bundleFile what --bundle names
 * @property {string | undefined} bundleKey what --bundle-key names
 */

/**
 * A command line in two parts: this package's own words, and those of the command that `exec` is to run.
 * @param {readonly string[]} argv @returns {{ own: readonly string[], inner: readonly string[] }}
 */
export function partsOf(argv) {
  const isWord = (/** @type {string} */ arg, /** @type {number} */ at) =>
    !arg.startsWith('-') && !WITH_VALUE.includes(argv[at - 1] ?? '');
  const command = argv.findIndex(isWord);
  const service = argv.findIndex((arg, at) => at > command && isWord(arg, at));
  if (argv[command] !== 'exec' || service < 0) return { own: argv, inner: [] };
  const inner = argv.slice(service + 1);
  return { own: argv.slice(0, service + 1), inner: inner[0] === '--' ? inner.slice(1) : inner };
}

/**
 * The value of an option, the last where it is given several times.
 * @param {readonly string[]} argv @param {string} flag @returns {string | undefined}
 */
function optionValue(argv, flag) {
  const at = argv.findLastIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  return argv[at] === flag ? argv[at + 1] : argv[at]?.slice(flag.length + 1);
}

/**
 * @param {readonly string[]} words @param {Readonly<Record<string, string | undefined>>} env
 * @returns {Intent}
 */
export function intentOf(words, env) {
  const { own: argv } = partsOf(words);
  const has = (/** @type {string[]} */ ...flags) => argv.some((arg) => flags.includes(arg));
  const isValue = (/** @type {number} */ at) => WITH_VALUE.includes(argv[at - 1] ?? '');
  const command = argv.find((arg, at) => !arg.startsWith('-') && !isValue(at)) ?? '';
  // npm takes flags for itself.
  const inNpm = (/** @type {string} */ name) =>
    env.npm_lifecycle_event === command && env[`npm_config_${name}`] === 'true';
  const named = (/** @type {string} */ name) => {
    const ofNpm = env[`npm_config_${name.replaceAll('-', '_')}`];
    return optionValue(argv, `--${name}`) ?? (env.npm_lifecycle_event === command ? ofNpm : undefined);
  };
  return {
    command,
    envFile: named('env-file'),
    bundleFile: named('bundle'),
    bundleKey: named('bundle-key'),
    version: has('--version', '-V'),
    help: has('--help', '-h') || command === 'help' || argv.length === 0,
    dryRun: has('--dry-run') || inNpm('dry_run'),
    json: has('--json') || inNpm('json'),
    quiet: has('--quiet', '-q'),
  };
}

/**
 * The first option that a help does not have.
 * @param {readonly string[]} argv @param {string} help @returns {string | undefined}
 */
export function unknownOption(argv, help) {
  const known = new Set(help.match(/(?<=^|[\s,])--?\w[\w-]*/gm));
  return argv
    .filter((arg) => arg.startsWith('-'))
    .map((arg) => arg.split('=')[0] ?? '')
    .find((flag) => !known.has(flag));
}
