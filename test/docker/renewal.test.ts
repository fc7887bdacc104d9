/** Images that are built anew, on today's packages: by another name, so that the old ones can be gone back to. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { planImages } from '../../scripts/images/plan.ts';
import { PACKAGES_LABEL } from '../../stacks/topology/labels.ts';
import { docker, TestDeployment, tryProgram } from '../support/deployment.ts';
import { deploymentOf, imageOf } from '../support/topology.ts';

const BASE = 'btcw-renewal-base:1';
const folder = mkdtempSync(join(tmpdir(), 'btcw-renewal-'));
/** Little is built: the base, what is on it, the embedded frp server, and an application of the user's. */
const deployment = new TestDeployment('btcw-renewal', {
  BTCW_BASE_IMAGE: BASE,
  BTCW_NGINX_IMAGE: imageOf('nginx'),
  BTCW_FRPC_IMAGE: imageOf('frpc'),
  BTCW_BACKEND_CONTEXT: folder,
  BTCW_BACKEND_PATHS: '/',
  BTCW_BACKEND_HEALTH_PATH: '/',
  BTCW_GUARD: 'off',
});

const SERVER = `require('node:http').createServer((_, response) => response.end('ok')).listen(process.env.PORT)`;
const SERVICES = ['nginx', 'backend', 'frpc', 'frps'] as const;
const running = () =>
  Promise.all(SERVICES.map(async (service) => (await deployment.inspect(service)).Image as string));
const nameOf = async (service: string) =>
  (await deployment.run('images', [service, '--reference'])).stdout.trim();
const buildBase = async (text: string) => {
  const context = mkdtempSync(join(tmpdir(), 'btcw-renewal-base-'));
  writeFileSync(join(context, 'Dockerfile'), text);
  await docker('build', '--tag', BASE, context);
  rmSync(context, { recursive: true });
};
const [debian] = planImages(deploymentOf().topology, process.cwd()).all;

/** Images that are built for this test alone; those of the application have the project's name, and go with it. */
const built = new Set([BASE]);
const noteImages = async () => {
  for (const name of ['base', 'runtime', 'frps']) built.add(await nameOf(name));
};
const remove = async () => {
  await deployment.remove();
  await tryProgram('docker', ['image', 'rm', '--force', ...built]);
};

beforeAll(async () => {
  await remove();
  for (const service of ['nginx', 'frpc', 'backend']) {
    const { code, output } = await tryProgram('node', ['scripts/run.mjs', 'images', service]);
    expect(code, output).toBe(0);
  }
  await buildBase(`FROM ${debian?.reference}\n`);
  writeFileSync(
    join(folder, 'Dockerfile'),
    `FROM ${imageOf('backend')}\nUSER 0\nRUN date +%s%N > /built\nUSER 10001\nENTRYPOINT ["node", "-e", ${JSON.stringify(SERVER)}]\n`,
  );
  await noteImages();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  await remove();
  rmSync(folder, { recursive: true });
});

let before: string[];
let renewed: string[];

it('builds all anew, keeps what no registry has, and leaves alone what runs', async () => {
  before = await running();
  const startedMs = Date.now();
  const { code, output } = await deployment.run('images', ['--fresh']);
  await noteImages();
  expect(code, output).toBe(0);
  for (const name of ['base', 'runtime', 'frps', 'backend']) {
    expect(output.match(new RegExp(`Image ${name}: built`, 'g')), name).toHaveLength(1);
  }
  expect(output).toContain(`${imageOf('nginx')} stays as it is here: `);
  expect(await running()).toEqual(before);
  const { Config } = JSON.parse(await docker('image', 'inspect', await nameOf('frps')))[0];
  expect(Date.parse(Config.Labels[PACKAGES_LABEL])).toBeGreaterThan(startedMs);
});

it('is what diff then says, deploy does and rollback undoes', async () => {
  const diff = await deployment.run('diff');
  expect(diff.code, diff.output).toBe(2);
  expect(diff.output.match(/with the packages of/g)).toHaveLength(2);
  expect(diff.output).toMatch(/btcw-renewal-nginx +│ +(no effect|-|)/);
  expect((await deployment.run('deploy')).code).toBe(0);
  renewed = await running();
  const isNew = renewed.map((image, index) => image !== before[index]);
  expect(isNew).toEqual([false, true, false, true]);
  const back = await deployment.run('rollback');
  expect(back.code, back.output).toBe(0);
  expect(await running()).toEqual(before);
});

it('fails when the package mirror does not answer, and changes nothing', async () => {
  const names = await Promise.all(['frps', 'backend'].map(nameOf));
  await buildBase(
    `FROM ${debian?.reference}\nRUN rm -f /etc/apt/sources.list.d/* && echo 'deb http://127.0.0.1:9/debian trixie main' > /etc/apt/sources.list\n`,
  );
  const { code, output } = await deployment.run('images', ['--fresh']);
  expect(code, output).toBe(1);
  expect(output).toContain('127.0.0.1');
  expect(await Promise.all(['frps', 'backend'].map(nameOf))).toEqual(names);
  expect(await running()).toEqual(before);
  expect((await deployment.run('deploy')).code).toBe(0);
  expect(await running()).toEqual(renewed);
});

it('fails when the images of a deployment are gone that is gone back to', async () => {
  await docker('image', 'rm', '--force', before[3] ?? '');
  const { code, output } = await deployment.run('rollback');
  expect([code, output]).toEqual([
    1,
    expect.stringMatching(
      /cannot be brought back: its images are not on this host any more \(btc-watcher\/frps:/,
    ),
  ]);
  expect(await running()).toEqual(renewed);
});
