// The npm packages, in three parts: what deploying needs (73 MB), what the applications' images are built with
// (430 MB), and the cdktf command line (260 MB). Plain JavaScript without dependencies: it runs before `npm ci`.
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { messages } from '../../messages/bootstrap.mjs';
import { UserError } from '../../stacks/errors.mjs';
import { run, withUmask } from './step.mjs';

const said = messages.packages;
/** What is installed and where, whatever the user's .npmrc says. */
export const NPM_FLAGS = [
  // No package here needs its install script, and one of them would download headers and compile C++.
  ...['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=http', '--no-progress'],
  ...['--include=optional', '--include=peer', '--install-strategy=hoisted', '--bin-links'],
  ...['--no-global', '--location=project', `--os=${process.platform}`, `--cpu=${process.arch}`],
  ...['--no-dry-run', '--no-package-lock-only', '--no-legacy-peer-deps', '--no-engine-strict'],
];
const LOCK_DEADLINE_MS = 600_000;
const LOCK_PAUSE_MS = 300;

/** @typedef {(line: string) => void} Report */

/** What npm has fetched, without where from. @param {string} line */
const fetched = (line) =>
  line.replace(/^npm http (?:fetch GET \d+|cache) (?:https?:\/\/[^/]+\/)?(\S+).*$/, '$1');

/**
 * @param {string} folder
 * @throws {UserError} where its packages are a link: npm empties the folder that it leads to, which others may use
 */
function refuseLink(folder) {
  const packages = join(folder, 'node_modules');
  if (!lstatSync(packages, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  throw new UserError(said.isLink(packages, readlinkSync(packages)), said.isLinkFix(packages));
}

/** @param {string[]} args @param {Report} report @param {string} folder @throws {UserError} as {@link refuseLink} */
function npm(args, report, folder) {
  refuseLink(folder);
  const onLine = (/** @type {string} */ line) => report(fetched(line));
  // Images and the development server have other users, who read them.
  return withUmask(0o022, () =>
    run('npm', [...args, ...NPM_FLAGS], { cwd: folder, onLine, fix: said.unreachable }),
  );
}

/** @param {string} folder @returns {string} changes with what `npm ci` installs there */
const wanted = (folder) =>
  createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .update(process.versions.modules)
    .digest('hex');

/** @param {string} folder */
const stampOf = (folder) => join(folder, 'node_modules/.installed');

/**
 * What is installed: whether it is what the lock file says, and whether it is all of it. A developer's own `npm ci`,
 * which leaves no stamp, is all.
 * @param {string} folder
 */
function installed(folder) {
  const stamp = stampOf(folder);
  if (!existsSync(stamp)) {
    return { isCurrent: false, hasAll: existsSync(join(folder, 'node_modules/@biomejs/biome')) };
  }
  const [digest, part] = readFileSync(stamp, 'utf8').split(' ');
  return { isCurrent: digest === wanted(folder), hasAll: part === 'all' };
}

/** What npm does not put there as it is needed. @param {string} root */
function repairPrograms(root) {
  const programs = join(root, 'node_modules/.bin');
  mkdirSync(programs, { recursive: true });
  // The Node that goes into the images must not become the one that npm scripts run with.
  rmSync(join(programs, 'node'), { force: true });
  // `npx cdktf` finds it there.
  rmSync(join(programs, 'cdktf'), { force: true });
  symlinkSync('../../scripts/cdktf.mjs', join(programs, 'cdktf'));
}

/**
 * @param {string} root
 * @param {boolean} all with what tests and images need
 * @param {Report} report
 * @param {import('./bundle.mjs').BundleContent} [bundle] to take what deploying needs from, without npm
 */
export async function ensurePackages(root, all, report, bundle) {
  const { isCurrent, hasAll } = installed(root);
  if (isCurrent && (hasAll || !all)) return { detail: said.upToDate };
  const takesAll = !bundle && (all || hasAll);
  if (bundle) {
    refuseLink(root);
    await bundle.packages(root);
  } else {
    await npm(['ci', ...(takesAll ? ['--include=dev'] : ['--omit=dev', '--workspaces=false'])], report, root);
  }
  repairPrograms(root);
  writeFileSync(stampOf(root), `${wanted(root)} ${takesAll ? 'all' : 'deploy'}`);
  return { detail: said.installed };
}

/** @param {string} root @param {string} workspace @returns {boolean} whether all it names is there */
function hasPackages(root, workspace) {
  const text = readFileSync(join(root, workspace, 'package.json'), 'utf8');
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(text);
  const optional = Object.keys(optionalDependencies ?? {}).filter((name) => name.endsWith(process.arch));
  return [...Object.keys({ ...dependencies, ...devDependencies }), ...optional].every((name) =>
    [root, join(root, workspace)].some((folder) => existsSync(join(folder, 'node_modules', name))),
  );
}

/** @param {string} file @returns {boolean} whether the process that a lock names has ended */
function isStale(file) {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'EPERM';
  }
}

/** cdktf builds several images at once, each in a process of its own. @param {string} root @param {() => Promise<void>} work */
async function alone(root, work) {
  const file = join(root, '.build/packages.lock');
  mkdirSync(join(root, '.build'), { recursive: true });
  const deadline = Date.now() + LOCK_DEADLINE_MS;
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      if (isStale(file) || Date.now() > deadline) rmSync(file, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
    }
  }
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Adds the packages that an application is built with, where they are not there.
 * @param {string} root @param {string} workspace @param {Report} report
 */
export async function ensureWorkspace(root, workspace, report) {
  if (hasPackages(root, workspace)) return;
  await alone(root, async () => {
    if (hasPackages(root, workspace)) return;
    const both = ['-w', 'assets/backend', '-w', 'assets/frontend'];
    await npm(['install', '--no-save', '--include=dev', ...both], report, root);
    repairPrograms(root);
  });
}

/**
 * Removes again what images are built with, unless the user has installed all.
 * @param {string} root @param {Report} report
 */
export async function pruneWorkspaces(root, report) {
  if (installed(root).hasAll || !existsSync(join(root, `node_modules/node-linux-${process.arch}`))) return;
  await alone(root, async () => {
    await npm(['prune', '--omit=dev', '--workspaces=false'], report, root);
    repairPrograms(root);
  });
}

/** The cdktf command line, with a lock file of its own. @param {string} root @param {Report} report */
export async function ensureCdktf(root, report) {
  const folder = join(root, 'tools/cdktf');
  if (installed(folder).isCurrent) return { detail: said.upToDate };
  await alone(root, async () => {
    if (installed(folder).isCurrent) return;
    await npm(['ci'], report, folder);
    writeFileSync(stampOf(folder), `${wanted(folder)} all`);
  });
  return { detail: said.installed };
}
