/**
 * Services of the user's own, in all shapes that compose files have. The commands run in this process, so that the
 * topology they make can be given more.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { restartingHealth } from '../../stacks/topology/health.ts';
import { PROJECT_LABEL } from '../../stacks/topology/labels.ts';
import type { ServiceDefinition } from '../../stacks/topology/service.ts';
import type * as TopologyModule from '../../stacks/topology/topology.ts';
import { docker, eventually, portsFrom, TestDeployment, tryProgram } from '../support/deployment.ts';
import { runInProcess } from '../support/in-process.ts';
import { imageOf } from '../support/topology.ts';

const PROJECT = 'btcw-t-services';
const NEIGHBOUR = 'btcw-t-neighbour';
/** curl's exit code where nothing came back. */
const TIMED_OUT = 28;
const added = vi.hoisted((): { services: ServiceDefinition[] } => ({ services: [] }));
const folder = mkdtempSync(join(tmpdir(), 'btcw-t-'));
const environmentFile = join(folder, 'own.env');
writeFileSync(environmentFile, "MARK='a b'\n", { mode: 0o600 });
const deployment = new TestDeployment(PROJECT, {
  ...portsFrom(21101),
  BTCW_BACKEND_ENV_FILE: environmentFile,
  BTCW_BACKEND_BEFORE_START: 'echo "$MARK" >> /data/before',
  BTCW_BACKEND_MEMORY: '300m',
});

const sh = (script: string) => ['sh', '-c', script];
const common = {
  user: '0:0',
  image: { kind: 'reference', reference: imageOf('nginx') },
  limits: { memoryMiB: 32, pids: 16 },
  disruption: 'away',
} as const;
const files = { purpose: 'files', path: '/files', shared: true } as const;

/** Keeps running, has no health check, and has much that compose files say. */
const store: ServiceDefinition = {
  ...common,
  name: 'store',
  health: undefined,
  entrypoint: sh('exec sleep infinity'),
  init: true,
  workingDir: '/tmp',
  stopSignal: 'SIGINT',
  restart: 'on-failure:3',
  extraHosts: { 'host.docker.internal': 'host-gateway' },
  labels: { team: 'data' },
  tmpfs: [{ path: '/run/x', sizeMiB: 8 }],
  shmMiB: 16,
  ulimits: { nofile: [1024, 2048] },
  networks: [{ network: 'services', aliases: ['store'] }],
  volumes: [{ ...files, readOnly: true }],
};
const migrate = (script: string): ServiceDefinition => ({
  ...common,
  name: 'migrate',
  health: undefined,
  oneOff: true,
  entrypoint: sh(script),
  networks: [{ network: 'services' }],
  volumes: [files],
  dependsOn: ['store'],
});
const GOOD = 'getent hosts store && date +%s%N >> /files/migrated && echo migrated';
/** Starts only where the migration has been. */
const shop: ServiceDefinition = {
  ...common,
  name: 'shop',
  entrypoint: sh('test -s /files/migrated || exit 1; exec sleep infinity'),
  init: true,
  health: ['CMD', 'test', '-s', '/files/migrated'],
  healthTiming: { intervalSec: 3, startPeriodSec: 20 },
  volumes: [files],
  dependsOn: ['migrate'],
};

vi.mock('../../stacks/topology/topology.ts', async (original) => {
  const actual = await original<typeof TopologyModule>();
  const topologyOf: typeof actual.topologyOf = (settings, services, ...rest) =>
    actual.topologyOf(settings, [...services, ...added.services], ...rest);
  return { ...actual, topologyOf };
});

/** @returns what it printed, or the error it failed with */
async function deploy(...services: ServiceDefinition[]) {
  added.services = services;
  const command = await import('../../scripts/commands/deploy.ts');
  return runInProcess(() => command.deploy()).catch(({ message }: Error) => ({ output: message, code: 1 }));
}
async function diff() {
  const command = await import('../../scripts/commands/diff.ts');
  return runInProcess(() => command.diff({}));
}
const runs = async () =>
  (await docker('exec', `${PROJECT}-shop`, 'cat', '/files/migrated')).trim().split('\n').length;

beforeAll(async () => {
  await deployment.remove();
  Object.assign(process.env, deployment.settings);
  const { output } = await deploy(shop, migrate(GOOD), store);
  expect(output).toContain(`${PROJECT}-shop: healthy`);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await deployment.remove();
});

it('a service gets what is said of it, and is unchanged right after', async () => {
  const { HostConfig, Config } = await deployment.inspect('store');
  expect(HostConfig).toMatchObject({
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
    ExtraHosts: ['host.docker.internal:host-gateway'],
    ShmSize: 16 * 1024 ** 2,
    Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 2048 }],
    Tmpfs: expect.objectContaining({ '/run/x': expect.stringContaining('size=8m') }),
  });
  expect(Config).toMatchObject({ WorkingDir: '/tmp', StopSignal: 'SIGINT' });
  expect((await deployment.inspect('shop')).Config.Healthcheck.Interval).toBe(3e9);
  for (let round = 0; round < 2; round += 1) {
    const { output } = await diff();
    expect(output).toContain('No changes');
  }
});

it('a one-off service runs before what depends on it, and not again without a change', async () => {
  expect((await deployment.inspect('migrate')).State).toMatchObject({ Status: 'exited', ExitCode: 0 });
  expect(await runs()).toBe(1);
  expect((await deploy(shop, migrate(GOOD), store)).output).toContain('Nothing changed');
  expect(await runs()).toBe(1);
  await deploy(shop, migrate(`${GOOD} again`), store);
  expect(await runs()).toBe(2);
});

it('a one-off service that has done its work is well to doctor, status and verify', async () => {
  const { doctor } = await import('../../scripts/commands/doctor.ts');
  const { findings } = JSON.parse((await runInProcess(() => doctor({ json: true }))).output);
  const found = findings.find(({ id }: { id: string }) => id === 'container-migrate');
  expect(found).toMatchObject({ level: 'ok', detail: expect.stringContaining('exited (0)') });
  const { status } = await import('../../scripts/commands/status.ts');
  const shown = JSON.parse((await runInProcess(() => status({ json: true }))).output);
  expect(shown.containers).toEqual(
    expect.arrayContaining([expect.objectContaining({ service: 'migrate', health: 'completed' })]),
  );
});

it('fails when a one-off service fails, with its last lines, and runs again with the next deployment', async () => {
  const { output, code } = await deploy(shop, migrate('echo no such table; exit 3'), store);
  expect(code).toBe(1);
  expect(output).toContain(`${PROJECT}-migrate has failed with exit code 3`);
  expect(output).toContain('no such table');
  expect((await diff()).output).toMatch(/migrate .*run to completion/);
  expect((await deploy(shop, migrate(GOOD), store)).code).toBe(0);
  expect(await runs()).toBe(3);
});

it('a command runs with the environment of its service, as one before its start has', async () => {
  const script = 'cat /data/before; echo "$MARK $DATA_DIR"; exit 7';
  const { code, stdout } = await deployment.run('exec', ['backend', 'sh', '-c', script]);
  expect([code, stdout]).toEqual([7, 'a b\na b /data']);
  expect((await deployment.inspect('backend')).HostConfig.Memory).toBe(300 * 1024 ** 2);
  expect((await deployment.run('exec', ['nginx', 'nginx', '-v'])).output).toContain('nginx version');
  const unknown = await deployment.run('exec', ['nobody', 'ls', '--help']);
  expect([unknown.code, unknown.output]).toEqual([1, expect.stringContaining('has no service "nobody"')]);
  const ended = await deployment.run('exec', ['migrate', 'ls']);
  expect([ended.code, ended.output]).toEqual([1, expect.stringContaining('migrate is exited')]);
});

it('is reached by its name from the backend, and not by a neighbour', async () => {
  const hosts = (service: string) => docker('exec', `${PROJECT}-backend`, 'getent', 'hosts', service);
  expect(await hosts('store')).toContain('store');
  expect(await hosts('frontend')).toContain('frontend');
  const [network] = JSON.parse(await docker('network', 'inspect', `${PROJECT}-services`));
  expect(network.Labels['btc-watcher.project']).toBe(PROJECT);
  const { IPAddress } = (await deployment.inspect('backend')).NetworkSettings.Networks[`${PROJECT}-services`];
  const { Subnet } = network.IPAM.Config[0];
  const ip = (command: string) => tryProgram('sh', ['-c', `ip ${command}`]);
  const reach = async () => {
    const curl = ['curl', '-s', '-m', '2', '-o', '/dev/null', `http://${IPAddress}:8000/health`];
    return (await tryProgram('ip', ['netns', 'exec', NEIGHBOUR, ...curl])).code;
  };
  try {
    for (const command of [
      `netns add ${NEIGHBOUR}`,
      `link add btcw-t-here type veth peer name btcw-t-there netns ${NEIGHBOUR}`,
      'addr add 198.51.100.5/30 dev btcw-t-here',
      'link set btcw-t-here up',
      `-n ${NEIGHBOUR} addr add 198.51.100.6/30 dev btcw-t-there`,
      `-n ${NEIGHBOUR} link set btcw-t-there up`,
      `-n ${NEIGHBOUR} route add ${Subnet} via 198.51.100.5`,
    ]) {
      const { code, output } = await ip(command);
      expect(code, output).toBe(0);
    }
    expect(await reach()).toBe(TIMED_OUT);
    const guard = deployment.container('guard');
    const chains = await docker('exec', guard, 'nft', 'list', 'table', 'ip', `guard-${PROJECT}`);
    expect(chains).toContain('chain networks');
  } finally {
    await ip(`netns delete ${NEIGHBOUR}`);
  }
  expect((await fetch(`${deployment.local}/api/v1/ws/stats`)).status).toBe(200);
});

it('is started again by its own health check where that goes on failing, and not before', async () => {
  const container = deployment.container('alone');
  const health = restartingHealth(['CMD-SHELL', 'test -e /tmp/well'], 3) ?? [];
  const check = async () => (await tryProgram('docker', ['exec', container, ...health.slice(1)])).code;
  const restarts = () => docker('inspect', '--format', '{{.RestartCount}}', container);
  const label = ['--label', `${PROJECT_LABEL}=${PROJECT}`];
  const hardened = [
    '--init',
    '--restart',
    'unless-stopped',
    '--tmpfs',
    '/tmp',
    '--user',
    '33',
    '--cap-drop',
    'ALL',
  ];
  await docker(
    'run',
    '--detach',
    ...label,
    ...hardened,
    '--name',
    container,
    '--entrypoint',
    'sleep',
    imageOf('nginx'),
    'infinity',
  );
  try {
    expect(await check()).toBe(1);
    await docker('exec', container, 'touch', '/tmp/well');
    expect(await check()).toBe(0);
    await docker('exec', container, 'rm', '/tmp/well');
    expect(await check()).toBe(1);
    expect(await restarts()).toBe('0');
    await new Promise((done) => setTimeout(done, 4_000));
    await check();
    expect(await eventually(restarts, (count) => count === '1')).toBe('1');
  } finally {
    await docker('rm', '--force', container);
  }
});

it('is destroyed with the rest', async () => {
  const { destroy } = await import('../../scripts/commands/destroy.ts');
  await runInProcess(() => destroy({ yes: true, volumes: true }));
  expect(await deployment.remains()).toEqual([]);
});
