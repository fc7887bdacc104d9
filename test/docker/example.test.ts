/** The example of docs/extending.md: a patch of three files, and the service is built, deployed, watched, destroyed. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Checkout } from '../support/checkout.ts';
import { docker, TestDeployment, tryProgram } from '../support/deployment.ts';

const PATCH = `${process.cwd()}/docs/examples/add-a-service.patch`;
const deployment = new TestDeployment('btcw-example');
const checkout = new Checkout('example', 'HEAD');

beforeAll(async () => {
  await deployment.remove();
  await checkout.create();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  await deployment.remove();
  await checkout.remove();
  await docker('image', 'ls', '--quiet', 'btc-watcher/mosquitto').then((ids) =>
    ids ? docker('image', 'rm', '--force', ...ids.split('\n')) : undefined,
  );
});

it('touches three files', () => {
  const files = [...readFileSync(PATCH, 'utf8').matchAll(/^\+\+\+ b\/(.*)$/gm)].map(([, file]) => file);
  expect(files).toEqual([
    'assets/mosquitto/Dockerfile',
    'stacks/topology/mosquitto.ts',
    'stacks/topology/topology.ts',
  ]);
});

it('applies, and its types are right', async () => {
  const applied = await checkout.run('git', ['apply', PATCH]);
  expect(applied.code, applied.output).toBe(0);
  const types = await checkout.run('node_modules/.bin/tsc', ['--noEmit']);
  expect(types.code, types.output).toBe(0);
});

it('is built and deployed, and nothing is left to change', async () => {
  const deployed = await checkout.command(deployment, 'deploy');
  expect(deployed.code, deployed.output).toBe(0);
  expect(deployed.output).toMatch(/Image mosquitto: built/);
  expect(deployed.output).toMatch(/btcw-example-mosquitto: healthy/);
  const { code: written } = await tryProgram('docker', [
    'exec',
    'btcw-example-mosquitto',
    'touch',
    '/data/note',
  ]);
  expect(written).toBe(0);
  const { code, output } = await checkout.command(deployment, 'diff');
  expect(code, output).toBe(0);
});

it('is examined by doctor, shown by status, and bounded', async () => {
  const { stdout } = await checkout.command(deployment, 'doctor', '--json');
  const passed = JSON.parse(stdout).findings.filter(({ level }: { level: string }) => level === 'ok');
  expect(passed.map(({ id }: { id: string }) => id)).toEqual(
    expect.arrayContaining(['container-mosquitto', 'health-checks-mosquitto', 'log-size-mosquitto']),
  );
  const status = await checkout.command(deployment, 'status', '--json');
  expect(JSON.parse(status.stdout).containers).toContainEqual(
    expect.objectContaining({ service: 'mosquitto', health: 'healthy', memoryLimitBytes: 64 * 1024 ** 2 }),
  );
});

it('is destroyed with the rest, and its data with the volumes alone', async () => {
  expect((await checkout.command(deployment, 'destroy', '--yes')).code).toBe(0);
  expect(await deployment.remains()).toContain('btcw-example-mosquitto-data');
  expect((await checkout.command(deployment, 'destroy', '--yes', '--volumes')).code).toBe(0);
  expect(await deployment.remains()).toEqual([]);
});
