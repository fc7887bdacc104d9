// Makes a fresh machine able to deploy: Docker, the npm packages, Terraform or OpenTofu, the Docker provider.
// Plain JavaScript without dependencies, since it runs before `npm ci`. Every step is skipped when it is done.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../stacks/errors.mjs';
import { ensureDocker } from './bootstrap/docker.mjs';
import { ensureEngine, ensureProvider } from './bootstrap/engine.mjs';
import { run, step } from './bootstrap/step.mjs';

const MIN_NODE = { major: 20, minor: 19 };
const root = dirname(dirname(fileURLToPath(import.meta.url)));

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE.major || (major === MIN_NODE.major && minor >= MIN_NODE.minor)) return;
  throw new UserError(
    `Node ${MIN_NODE.major}.${MIN_NODE.minor} or later is needed, this is ${process.versions.node}.`,
    'install a current Node.js (22 or 24) and run the same command again.',
  );
}

/** @param {(line: string) => void} report */
async function ensurePackages(report) {
  const stamp = join(root, 'node_modules/.installed');
  const want = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.versions.modules)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return { detail: 'up to date' };
  // No package here needs its install script, and one of them would download headers and compile C++.
  await run(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=http', '--no-progress'],
    {
      cwd: root,
      onLine: report,
      fix: 'check that the npm registry is reachable; where it is slow, set a mirror: npm config set registry URL.',
    },
  );
  // The Node that goes into the images must not become the one that npm scripts run with.
  rmSync(join(root, 'node_modules/.bin/node'), { force: true });
  writeFileSync(stamp, want);
  return { detail: 'installed' };
}

/**
 * @param {{ quiet?: boolean }} [options]
 * @returns {Promise<boolean>} whether this machine can deploy; where not, the reason is printed
 */
export async function bootstrap({ quiet = false } = {}) {
  try {
    checkNode();
    await step('Docker', ensureDocker, quiet);
    await step('npm packages', ensurePackages, quiet);
    const engine = await step('Engine', (report) => ensureEngine(root, report), quiet);
    await step('Docker provider', (report) => ensureProvider(root, engine, report), quiet);
    return true;
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    process.exitCode = 1;
    return false;
  }
}
