// Runs a command of this package from one bundled file, made anew when a source is newer: that starts three times
// as fast as loading the sources one by one. `up` and `bundle` make the machine ready first; help and version need nothing.
import { existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { helpIn, intentOf, missingPackages, unknownOption, versionOf } from './bootstrap/argv.mjs';
import { settlePlaces } from './bootstrap/environment.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// npm goes into the package's folder, and leaves this; a value of another package's npm means nothing here.
const isOfNpm = process.env.npm_package_json === join(root, 'package.json');
process.env.INIT_CWD = (isOfNpm && process.env.INIT_CWD) || process.cwd();
process.chdir(root);
settlePlaces(root);
const argv = process.argv.slice(2);
const { command, envFile, bundleFile, bundleKey, version, help, dryRun, quiet, json } = intentOf(
  argv,
  process.env,
);
/** @param {string} path as the caller names it */
const absolute = (path) => resolve(process.env.INIT_CWD ?? '', path);
if (envFile !== undefined) process.env.BTCW_ENV_FILE = absolute(envFile);
// Only now: the file of settings may name the language.
const { messages } = await import('../messages/bootstrap.mjs');
const said = messages.run;
const bundle = '.build/btcw.mjs';
const isInstalled = () => existsSync('node_modules/.installed');

/** @param {string} path @returns {number} the latest change below it, in ms */
function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** @returns {Promise<boolean>} whether there is one that can be started */
async function buildBundle() {
  const built = existsSync(bundle) ? statSync(bundle).mtimeMs : 0;
  if (built >= Math.max(...['messages', 'stacks', 'scripts', 'package-lock.json'].map(newest))) return true;
  const { buildSync } = await import('esbuild');
  // Moved to its place when it is whole: another command may be starting from it.
  const aside = `${bundle}.${process.pid}.tmp`;
  try {
    buildSync({
      entryPoints: ['scripts/start.ts'],
      outfile: aside,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'silent',
      // Bundled CommonJS packages still call require for Node's own modules.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    });
  } catch (error) {
    const missing = missingPackages(error);
    if (missing.length === 0) throw error;
    return fail(`✗ ${messages.withFix(said.packagesChanged(missing.join(', ')), './btcw up')}`);
  }
  renameSync(aside, bundle);
  return true;
}

/** @param {string} message @returns {false} */
function fail(message) {
  console.error(message);
  process.exitCode = 1;
  return false;
}

/** @returns {Promise<boolean>} whether the command may go on */
async function prepare() {
  if (version) {
    console.log(versionOf(root, readFileSync('package.json', 'utf8')));
    return false;
  }
  const page = () => helpIn(readFileSync(said.helpPage, 'utf8'), command);
  if (help) {
    if (!isInstalled()) console.log(page());
    return isInstalled();
  }
  if (command === 'bundle' || (command === 'up' && !dryRun)) {
    const unknown = unknownOption(argv, page());
    if (unknown) return fail(messages.unknownOption(unknown));
    const { bootstrap } = await import('./bootstrap.mjs');
    // Of a report, nothing else is on stdout.
    if (command === 'bundle') return bootstrap({ quiet: quiet || json });
    const keyFile = bundleKey === undefined ? undefined : absolute(bundleKey);
    return bootstrap({
      ...{ quiet, ofUp: true },
      ...(bundleFile !== undefined && { bundle: { file: absolute(bundleFile), keyFile } }),
    });
  }
  if (isInstalled()) return true;
  if (command !== 'up') fail(`✗ ${messages.withFix(said.notSetUp, './btcw up')}`);
  else {
    console.log(said.wouldSetUp);
    process.exitCode = 2;
  }
  return false;
}

if ((await prepare()) && (await buildBundle())) {
  await import(pathToFileURL(join(root, bundle)).href);
}
