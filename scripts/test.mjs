// The whole test suite, after bootstrap: ends with the counts of all runs together, and fails when any failed.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goTest } from './bootstrap/go.mjs';
import { ensureCdktf } from './bootstrap/packages.mjs';
import { aptInstall, onPath, step } from './bootstrap/step.mjs';
import { bootstrap } from './bootstrap.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
if (!(await bootstrap({ all: true }))) process.exit();
await step('cdktf', (report) => ensureCdktf(root, report));
const reports = '.build/test-reports';
const node24 = `${root}/node_modules/node-linux-${process.arch}/bin/node`;
const vitest = 'node_modules/vitest/vitest.mjs';

let passed = 0;
/** @type {string[]} what failed, told at the end: a long log is read from there */
const failures = [];

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string>} [env]
 * @property {boolean} [beside] whether another program runs, too: then its output is printed when it has ended
 */

/**
 * Runs a program, and shows what it prints.
 * @param {string} title @param {string} program @param {string[]} args @param {RunOptions} [options]
 * @returns {Promise<boolean>} whether it succeeded
 */
async function run(title, program, args, { cwd = root, env = {}, beside = false } = {}) {
  if (!beside) console.log(`\n▸ ${title}`);
  const child = spawn(program, args, {
    stdio: beside ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    cwd,
    env: { ...process.env, ...env },
  });
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
  const [code] = await once(child, 'close');
  if (beside) console.log(`\n▸ ${title}\n${Buffer.concat(output).toString().trimEnd()}`);
  return code === 0;
}

/** Runs a program that counts as one test. @param {string} title @param {string} program @param {string[]} args */
async function check(title, program, args) {
  if (await run(title, program, args)) passed += 1;
  else failures.push(title);
}

/**
 * @typedef {object} TestFile
 * @property {string} name
 * @property {string} [message] why the file as a whole failed
 * @property {{ status: string, fullName: string, failureMessages?: string[] }[]} assertionResults
 */

/**
 * The failed tests of a report of vitest's, and the files that failed as a whole, each with the first lines of why.
 * @param {string} title @param {{ testResults: TestFile[] }} report @returns {string[]}
 */
function failuresOf(title, { testResults }) {
  const why = (/** @type {string} */ text) => text.split('\n').slice(0, 12).join('\n    ');
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = `${title}: ${relative(root, name)}`;
    const tests = assertionResults
      .filter(({ status }) => status === 'failed')
      .map(
        ({ fullName, failureMessages = [] }) =>
          `${file}: ${fullName}\n    ${why(failureMessages.join('\n'))}`,
      );
    return message && tests.length === 0 ? [`${file}\n    ${why(message)}`] : tests;
  });
}

/**
 * Runs tests and adds up what vitest reports of them.
 * @param {string} title @param {string} node @param {string[]} args @param {RunOptions} [options]
 */
async function tests(title, node, args, options = {}) {
  const report = join(root, reports, `${title.replace(/\W+/g, '-')}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const succeeded = await run(title, node, [join(root, vitest), 'run', ...args, ...reporters], options);
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    passed += result.numPassedTests;
    const failed = failuresOf(title, result);
    if (failed.length === 0 && result.numTotalTests === 0) failed.push(`${title}: no tests`);
    if (failed.length === 0 && !succeeded) failed.push(`${title}: failed outside of its tests`);
    failures.push(...failed);
  } catch {
    failures.push(`${title}: no report`);
  }
}

/** Runs a Go module's tests, and adds up those that Go reports. @param {string} title @param {string} module */
async function goTests(title, module) {
  console.log(`\n▸ ${title}`);
  const { code, output } = await goTest(join(root, module));
  const successes = output.match(/^--- PASS: /gm)?.length ?? 0;
  console.log(code === 0 ? `${successes} passed` : output);
  passed += successes;
  /** @type {string[]} */
  const failed = output.match(/^--- FAIL: .*/gm) ?? [];
  if (failed.length === 0 && (code !== 0 || successes === 0)) failed.push('no test passed');
  failures.push(...failed.map((test) => `${title}: ${test}`));
}

/** @type {Record<string, { use: string, package?: string }>} */
const programs = {
  chromium: { use: 'the browser tests' },
  ufw: { use: 'the firewall tests' },
  nft: { use: 'the tests of the guard', package: 'nftables' },
};
for (const [program, { use, package: name = program }] of Object.entries(programs)) {
  await step(program, async (report) => {
    if (await onPath(program)) return { detail: 'found' };
    await aptInstall([name], `${program}, for ${use},`, report);
    return { detail: 'installed' };
  });
}
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

await check('Format and lint', 'npx', ['biome', 'check', '.']);
await check('Types', 'npx', ['tsc', '--noEmit']);
for (const app of ['backend', 'frontend']) {
  await check(`Types of the ${app}`, 'npm', ['run', 'typecheck', '-w', `assets/${app}`]);
}
const withoutDocker = ['--project', 'unit', '--project', 'synth'];
await tests(`Unit and synth tests, Node ${process.versions.node}`, process.execPath, withoutDocker);
await check('Images', process.execPath, ['scripts/run.mjs', 'images']);
for (const app of ['backend', 'frontend']) {
  await check(`Build of the ${app}`, 'npm', ['run', 'build', '-w', `assets/${app}`]);
  // The backend's need Node's SQLite; its image runs the same Node.
  await tests(`Tests of the ${app}`, app === 'backend' ? node24 : process.execPath, [], {
    cwd: `assets/${app}`,
  });
}
await goTests('Tests of logrun', 'assets/go/logrun');
await goTests('Tests of the watchdog', 'assets/go/watchdog');
await goTests('Tests of the relay', 'assets/go/relay');
const reference = spawnSync(process.execPath, ['scripts/run.mjs', 'images', 'backend', '--reference'], {
  encoding: 'utf8',
});
// What measures the process itself (memory, signals, fuzzing) has run above, on the bundle.
const contract = ['exchange', 'handshake', 'http', 'messages', 'slow-reader'];
await tests(
  "The backend's protocol in its container",
  node24,
  contract.map((name) => `test/protocol/${name}.test.ts`),
  { cwd: 'assets/backend', env: { BACKEND_IMAGE: reference.stdout.trim() } },
);

// From here on most of the time is spent waiting for containers.
await Promise.all([
  (async () => {
    await tests('Docker tests', process.execPath, ['--project', 'docker']);
    await tests('Browser tests', process.execPath, ['--project', 'browser']);
  })(),
  (async () => {
    const beside = { beside: true };
    await tests('Docker tests beside them', process.execPath, ['--project', 'docker-beside'], beside);
    await tests('Unit and synth tests, Node 24', node24, withoutDocker, beside);
  })(),
]);

for (const failure of failures) console.log(`\n✗ ${failure}`);
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
