// Makes a fresh machine able to deploy: Docker, the npm packages, Terraform or OpenTofu, the Docker provider.
// Plain JavaScript without dependencies, since it runs before `npm ci`. Every step is skipped when it is done.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messages } from '../messages/bootstrap.mjs';
import { UserError } from '../stacks/errors.mjs';
import { checkBundle, contentOf } from './bootstrap/bundle.mjs';
import { ensureDocker } from './bootstrap/docker.mjs';
import { checkSystem, ensureEngine, ensureProvider } from './bootstrap/engine.mjs';
import { ensurePackages } from './bootstrap/packages.mjs';
import { numbered, step } from './bootstrap/step.mjs';

const said = messages.bootstrap;
const MIN_NODE = { major: 20, minor: 19 };
const root = dirname(dirname(fileURLToPath(import.meta.url)));

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE.major || (major === MIN_NODE.major && minor >= MIN_NODE.minor)) return;
  throw new UserError(
    said.nodeTooOld(`${MIN_NODE.major}.${MIN_NODE.minor}`, process.versions.node),
    said.nodeTooOldFix,
  );
}

/**
 * @typedef {object} Options
 * @property {boolean} [quiet]
 * @property {boolean} [all] with the packages that tests need
 * @property {boolean} [ofUp] these are the first steps of `up`
 * @property {{ file: string, keyFile?: string | undefined }} [bundle] to take from, and not from a network
 */

/**
 * @param {Options} [options]
 * @returns {Promise<boolean>} whether this machine can deploy; where not, the reason is printed
 */
export async function bootstrap({ quiet = false, all = false, ofUp = false, bundle } = {}) {
  /** @param {string} name @param {string} title */
  const titled = (name, title) => (ofUp ? numbered(name, title) : title);
  try {
    checkSystem();
    checkNode();
    // Before anything changes.
    const manifest =
      bundle && (await step(said.bundle, (report) => checkBundle(root, bundle, report), quiet));
    const content = bundle && manifest && contentOf(bundle.file, manifest);
    await step(titled('docker', 'Docker'), ensureDocker, quiet);
    await step(
      titled('packages', said.packages),
      (report) => ensurePackages(root, all, report, content),
      quiet,
    );
    const engine = await step(
      titled('engine', said.engine),
      (report) => ensureEngine(root, report, content),
      quiet,
    );
    await step(
      titled('provider', said.dockerProvider),
      (report) => ensureProvider(root, engine, report, content),
      quiet,
    );
    return true;
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    process.exitCode = 1;
    return false;
  }
}
