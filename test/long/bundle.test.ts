/** A bundle that is made on this host, and `up` from it on a machine that has Docker, Node.js and no network. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { PARTS, readManifest } from '../../scripts/bootstrap/bundle.mjs';
import { ARCHITECTURES } from '../../scripts/bootstrap/environment.mjs';
import { planImages } from '../../scripts/images/plan.ts';
import { docker, type RunProgram, TestDeployment, tryProgram } from '../support/deployment.ts';
import { machineOf } from '../support/elf.ts';
import { TestEngine } from '../support/engine.ts';
import { imageOf, topologyFor } from '../support/topology.ts';

const PROJECT = 'btcw-offline';
/** One that the settings name, as from a registry. */
const FRONTEND = 'btcw-offline.example/frontend:1';
const SETTINGS = { BTCW_FRONTEND_IMAGE: FRONTEND };
const MARK = 'btcw-offline-mark-of-a-secret';

const work = join(process.cwd(), '.build/test-offline');
const [file, checkout, makersHome, home] = ['bundle.tar', 'checkout', 'maker', 'home'].map((name) =>
  join(work, name),
) as [string, string, string, string];
const engine = new TestEngine(join(process.cwd(), '.build/test-offline-engine'));

/** In the fresh folder, by a user who has nothing yet. */
const there: RunProgram = (program, args, env = {}) =>
  engine.run('env', [`--chdir=${checkout}`, `HOME=${home}`, program, ...args], env);
const offline = new TestDeployment(PROJECT, SETTINGS, there);
const maker = new TestDeployment(PROJECT, SETTINGS, (program, args, env = {}) =>
  tryProgram(program, args, { ...env, HOME: makersHome }),
);
const expectGood = async (outcome: Promise<{ code: number; output: string }>): Promise<string> => {
  const { code, output } = await outcome;
  expect(code, output).toBe(0);
  return output;
};
const shell = (line: string) => expectGood(tryProgram('sh', ['-c', line]));

/** What may keep a machine that is connected, and must not be needed on one that is not. */
const PROGRAMS = ['terraform', 'tofu', 'go', 'npm', 'npx', 'mmdebstrap', 'git'];

beforeAll(async () => {
  rmSync(work, { recursive: true, force: true });
  for (const folder of [checkout, makersHome, home]) mkdirSync(folder, { recursive: true });
  // Its own key, with what this user has fetched and built before.
  for (const name of ['.terraform.d', '.cache', '.npm', 'go']) {
    if (existsSync(join(homedir(), name))) symlinkSync(join(homedir(), name), join(makersHome, name));
  }
  maker.removeFiles();
  await expectGood(tryProgram('node', ['scripts/run.mjs', 'images'], { BTCW_PROJECT: PROJECT }));
  await docker('tag', imageOf('frontend'), FRONTEND);
  // The files of this version, as a release has them: no history, no packages, nothing built.
  await shell(
    `git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C ${checkout}`,
  );
  mkdirSync(maker.secretsFolder, { recursive: true });
  for (const name of ['admin-password', 'jwt-secret', 'frp-token'])
    writeFileSync(join(maker.secretsFolder, name), `${MARK}-${name}\n`);
  writeFileSync(`terraform.${PROJECT}.tfstate`, JSON.stringify({ mark: MARK }));
  writeFileSync(join(work, 'settings.env'), `BTCW_ADMIN_USER=${MARK}\n`);
}, 900_000);
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail' || !existsSync(engine.dataRoot)) return;
  await offline.printLogs();
  console.error(`--- dockerd\n${engine.lastWords()}`);
});
afterAll(async () => {
  maker.removeFiles();
  await docker('image', 'rm', FRONTEND);
  await engine.remove();
  rmSync(work, { recursive: true, force: true });
});

it('is written with all images, packages and programs', async () => {
  const startedMs = Date.now();
  const args = [file, '--env-file', join(work, 'settings.env')];
  const output = await expectGood(maker.run('bundle', args));
  console.info(`bundle: ${statSync(file).size / 1e6} MB, ${(Date.now() - startedMs) / 1000} s\n${output}`);
  const { images, parts } = await readManifest(file);
  const planned = planImages(topologyFor(SETTINGS), process.cwd()).all.map(({ reference }) => reference);
  expect(planned).toContain(FRONTEND);
  expect(images).toEqual(planned);
  const { images: saved, packages, provider, terraform } = PARTS;
  const names = parts.map(({ path }) => path).map((name) => (name === PARTS.tofu ? terraform : name));
  const servers = ['frps-amd64.gz', 'frps-arm64.gz'];
  expect(names.map((name) => (name === PARTS.packedProvider ? provider : name)).sort()).toEqual(
    [saved, packages, provider, terraform, ...servers].sort(),
  );
  expect(readdirSync(work).filter((name) => name.includes('.tmp'))).toEqual([]);
}, 600_000);

it('holds no secret, no settings and no state', async () => {
  const { parts } = await readManifest(file);
  const names = ['manifest.json', ...parts.map(({ path }) => path)];
  for (const name of names) {
    const unpack = name.endsWith('.gz') ? 'gunzip' : 'cat';
    const count = await shell(`tar -xOf ${file} ${name} | ${unpack} | grep -a -c ${MARK} || true`);
    expect({ name, count }).toEqual({ name, count: '0' });
  }
});

it.each(Object.values(ARCHITECTURES))('has frps for a server that is %s', async (architecture) => {
  const program = join(work, `frps-${architecture}`);
  await shell(`tar -xOf ${file} frps-${architecture}.gz | gunzip > ${program}`);
  expect(machineOf(program)).toBe(architecture);
});

it('is there as a whole or not at all, also where the disk is full', async () => {
  const small = join(work, 'small');
  mkdirSync(small);
  const run = `node scripts/run.mjs bundle ${small}/x.tar`;
  const line = `mount -t tmpfs -o size=30m tmpfs ${small} && ${run}; echo "code $?, left: $(ls -A ${small})"`;
  const { output } = await maker.runProgram('unshare', ['--mount', 'sh', '-c', line], maker.settings);
  expect(output).toMatch(/small\/x\.tar cannot be written: ENOSPC.*\n +Fix: make room on its disk/);
  expect(output).toMatch(/code 1, left: $/);
}, 300_000);

it('deploys and verifies where there is no network, no engine, no provider and no package', async () => {
  await engine.create();
  const hide = `for path in $(which -a ${PROGRAMS.join(' ')}); do mount --bind /dev/null "$(readlink -f $path)"; done`;
  await engine.shell(`${hide}; true`);
  expect(await engine.shell('ip route show default')).toBe('');
  const startedMs = Date.now();
  const output = await expectGood(offline.run('up', ['--bundle', file]));
  console.info(`up --bundle: ${(Date.now() - startedMs) / 1000} s\n${output}`);
  expect(output).toMatch(/Bundle: 0\.1\.0.*, the first one: its key [0-9a-f]{64} is pinned/);
  expect(output).toContain('from the bundle');
  // Of those that are hidden, none is a program any more.
  expect(readdirSync(join(checkout, '.build/bin'))).toHaveLength(1);
  expect(output).toMatch(/All \d+ checks passed/);
  await expectGood(offline.run('verify'));
  expect(await expectGood(offline.run('diff'))).toContain('No changes');
}, 600_000);

it('changes nothing where it is taken again', async () => {
  const output = await expectGood(offline.run('up', ['--bundle', file]));
  expect(output).toMatch(/signed with the pinned key/);
  expect(output).toContain('Nothing changed');
});

it('is refused where settings ask for other images', async () => {
  const { code, output } = await offline.run('up', ['--bundle', file], { BTCW_REDIS: 'on' });
  expect(code, output).toBe(1);
  expect(output).toMatch(/The bundle has no image for what the settings here ask for: btc-watcher\/redis:/);
  expect(await expectGood(offline.run('diff'))).toContain('No changes');
});
