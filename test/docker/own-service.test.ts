/**
 * Services that no file of this package names, given to the topology: everything else follows. The commands run in this
 * process, so that the topology they make can be given more.
 */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { commandHealth, httpHealth } from '../../stacks/topology/health.ts';
import type { ServiceDefinition } from '../../stacks/topology/service.ts';
import type * as TopologyModule from '../../stacks/topology/topology.ts';
import { docker, TestDeployment } from '../support/deployment.ts';
import { runInProcess } from '../support/in-process.ts';
import { imageOf } from '../support/topology.ts';

/** What the topology gets beside what the package gives it. */
const added = vi.hoisted((): ServiceDefinition[] => []);
const deployment = new TestDeployment('btcw-extra');
const PORT = 9400;

const shop: ServiceDefinition = {
  name: 'shop',
  image: { kind: 'reference', reference: imageOf('nginx') },
  networks: [{ network: 'bridge' }, { network: 'inner' }],
  ports: [{ container: PORT, host: 19400, addresses: ['127.0.0.1', '172.17.0.1'] }],
  routes: ['/shop'],
  config: {
    path: '/etc/nginx',
    owner: '33:33',
    check: ['nginx', '-t', '-q'],
    onChange: { reload: ['nginx', '-s', 'reload'] },
    files: [
      {
        path: 'nginx.conf',
        content: `pid /tmp/nginx.pid; error_log /dev/stderr; events {} http { access_log /dev/stdout;
          ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path /tmp/${name};`).join(' ')}
          server { listen ${PORT}; location / { return 200 "a shop\\n"; } } }\n`,
      },
    ],
  },
  health: httpHealth(PORT, '/'),
  limits: { memoryMiB: 32, pids: 16, cpus: 0.5 },
  dependsOn: ['store'],
  disruption: 'the shop is closed',
};
const store: ServiceDefinition = {
  name: 'store',
  image: { kind: 'reference', reference: imageOf('nginx') },
  networks: [{ network: 'inner', aliases: ['store'] }],
  volumes: [{ purpose: 'data', path: '/var/lib/store' }],
  entrypoint: ['sh', '-c', 'echo the store is open; exec sleep infinity'],
  init: true,
  health: commandHealth('test', '-d', '/var/lib/store'),
  limits: { memoryMiB: 32, pids: 16 },
  disruption: 'nothing is in store',
};

vi.mock('../../stacks/topology/topology.ts', async (original) => {
  const actual = await original<typeof TopologyModule>();
  const topologyOf: typeof actual.topologyOf = (settings, services, ...rest) =>
    actual.topologyOf(settings, [...services, ...added], ...rest);
  return { ...actual, topologyOf };
});

beforeAll(async () => {
  added.push(shop, store);
  await deployment.remove();
  Object.assign(process.env, deployment.settings);
  const { deploy } = await import('../../scripts/commands/deploy.ts');
  const { output } = await runInProcess(() => deploy());
  expect(output).toContain('btcw-extra-shop: healthy');
  expect(output).toContain('btcw-extra-store: healthy');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(() => deployment.remove());

it('is reached through nginx, on its own network by its alias, and is bounded', async () => {
  const answer = await fetch(`${deployment.local}/shop`);
  expect(await answer.text()).toBe('a shop\n');
  expect(await docker('exec', 'btcw-extra-shop', 'getent', 'hosts', 'store')).toMatch(/store/);
  const { HostConfig } = await deployment.inspect('shop');
  expect(HostConfig).toMatchObject({ Memory: 32 * 1024 ** 2, PidsLimit: 16, NanoCpus: 5e8 });
});

it('is guarded', async () => {
  const rules = await docker('exec', 'btcw-extra-guard', 'nft', 'list', 'table', 'ip', 'guard-btcw-extra');
  expect(rules).toContain('9400');
  expect(rules).toContain('19400');
});

it('is unchanged right after, and diff names what was changed by hand with its disruption', async () => {
  const { diff } = await import('../../scripts/commands/diff.ts');
  for (let round = 0; round < 3; round += 1) {
    expect(await runInProcess(() => diff({}))).toMatchObject({
      code: 0,
      output: expect.stringContaining('No changes'),
    });
  }
  await docker('network', 'disconnect', 'btcw-extra-inner', 'btcw-extra-shop');
  const { output, code } = await runInProcess(() => diff({ json: true }));
  expect(code).toBe(2);
  expect(JSON.parse(output).containers).toEqual([
    expect.objectContaining({
      container: 'btcw-extra-shop',
      effect: 'recreate (the shop is closed)',
      because: ['networks: bridge instead of bridge, btcw-extra-inner'],
    }),
  ]);
  const { deploy } = await import('../../scripts/commands/deploy.ts');
  await runInProcess(() => deploy());
  expect((await runInProcess(() => diff({}))).code).toBe(0);
});

it('is examined by doctor, with a fix', async () => {
  const { doctor } = await import('../../scripts/commands/doctor.ts');
  const examine = async () => JSON.parse((await runInProcess(() => doctor({ json: true }))).output);
  const well: { findings: { id: string; level: string }[] } = await examine();
  const passed = well.findings.filter(({ level }) => level === 'ok').map(({ id }) => id);
  expect(passed).toEqual(
    expect.arrayContaining([
      'container-shop',
      'container-store',
      'port-shop',
      'shop-at-gateway',
      'log-size-store',
    ]),
  );
  await docker('stop', '--time', '1', 'btcw-extra-store');
  const broken: { findings: { id: string; level: string; fix: string }[] } = await examine();
  expect(broken.findings.filter(({ level }) => level === 'failure')).toEqual([
    expect.objectContaining({ id: 'container-store', hop: 'store', fix: 'docker start btcw-extra-store' }),
  ]);
  await docker('start', 'btcw-extra-store');
});

it('is shown by status and logs', async () => {
  const { status } = await import('../../scripts/commands/status.ts');
  const shown = JSON.parse((await runInProcess(() => status({ json: true }))).output);
  expect(shown.containers.map(({ service }: { service: string }) => service)).toEqual(
    expect.arrayContaining(['shop', 'store']),
  );
  const { logs } = await import('../../scripts/commands/logs.ts');
  expect((await runInProcess(() => logs(['store'], { tail: '5' }))).output).toContain('the store is open');
});

it('is destroyed with the rest', async () => {
  const { destroy } = await import('../../scripts/commands/destroy.ts');
  await runInProcess(() => destroy({ yes: true, volumes: true }));
  expect(await deployment.remains()).toEqual([]);
});
