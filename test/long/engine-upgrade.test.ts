/** An engine that becomes another version on the same data: what runs goes on as it was made. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { planImages } from '../../scripts/images/plan.ts';
import { debianEngine } from '../support/debian.ts';
import { eventually, TestDeployment, tryProgram } from '../support/deployment.ts';
import { doctorOf } from '../support/doctor.ts';
import { TestEngine } from '../support/engine.ts';
import { topologyFor } from '../support/topology.ts';

const engine = new TestEngine(join(process.cwd(), '.build/test-upgrade'));
const deployment = new TestDeployment('btcw-upgrade', {}, engine.run);
const { expectHealthy } = doctorOf(deployment, []);
const services = ['nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard'];

const version = () => deployment.docker('version', '--format', '{{.Server.Version}} {{.Server.APIVersion}}');
const ids = async () => {
  const inspected = await Promise.all(services.map((service) => deployment.inspect(service)));
  return inspected.map(({ Name, Id, Created }) => `${Name} ${Id} ${Created}`);
};
const interval = async () => (await deployment.inspect('nginx')).Config.Healthcheck.Interval / 1e9;
const expectGood = async (command: string, args: readonly string[] = []) => {
  const { code, output } = await deployment.run(command, args);
  expect(code, output).toBe(0);
  return output;
};
/** The same containers do everything that they should. */
const expectUnchanged = async (before: readonly string[]) => {
  expect(await expectGood('diff')).toContain('No changes');
  await expectGood('deploy');
  expect(await ids()).toEqual(before);
  const verified = await eventually(
    () => deployment.run('verify'),
    ({ code }) => code === 0,
  );
  expect(verified.code, verified.output).toBe(0);
};

let other = '';
beforeAll(async () => {
  deployment.removeFiles();
  other = await debianEngine('trixie');
  const built = await tryProgram('node', ['scripts/run.mjs', 'images'], deployment.settings);
  expect(built.code, built.output).toBe(0);
  await engine.create();
  const images = planImages(topologyFor(deployment.settings), process.cwd()).all;
  await engine.load(images.map(({ reference }) => reference));
  await expectGood('deploy');
}, 900_000);
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  await deployment.printLogs();
  console.error(`--- dockerd\n${engine.lastWords()}`);
});
afterAll(async () => {
  await engine.remove();
  deployment.removeFiles();
});

it('changes nothing when it is upgraded', async () => {
  expect(await version()).toMatch(/^20\.10/);
  const before = await ids();
  expect(await interval()).toBe(2);
  await engine.stop();
  engine.system = other;
  await engine.start();
  expect(await version()).toMatch(/^26\.1/);
  await expectUnchanged(before);
  await expectHealthy();
});

it('has the health checks of the later engine after a rebuild, and keeps them on the earlier one', async () => {
  await expectGood('rebuild');
  expect(await interval()).toBe(10);
  expect(await expectGood('diff')).toContain('No changes');
  const before = await ids();
  await engine.stop();
  engine.system = undefined;
  await engine.start();
  expect(await version()).toMatch(/^20\.10/);
  await expectUnchanged(before);
});
