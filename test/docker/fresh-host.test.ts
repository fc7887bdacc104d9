/** Plain cdktf on a host that has none of the images: Terraform builds six of them at once, all on the same base. */
import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { planImages } from '../../scripts/images/plan.ts';
import { docker, TestDeployment } from '../support/deployment.ts';
import { topologyFor } from '../support/topology.ts';

const BASE = 'btcw-fresh/base:1';
const deployment = new TestDeployment('btcw-fresh', { BTCW_BASE_IMAGE: BASE });
const planned = planImages(topologyFor(deployment.settings), process.cwd()).all.map(
  ({ reference }) => reference,
);

const present = async () => {
  const lines = await docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}');
  return planned.filter((reference) => lines.split('\n').includes(reference));
};
const remove = async () => {
  await deployment.remove();
  const images = [...(await present()), BASE];
  await docker('image', 'rm', '--force', ...images).catch(() => undefined);
};

beforeAll(async () => {
  await remove();
  const [base] = planImages(topologyFor(), process.cwd()).all;
  await docker('tag', base?.reference ?? '', BASE);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(remove);

it('builds each image once, and deploys', async () => {
  expect(await present()).toEqual([]);
  const { code, output } = await deployment.cdktf('deploy', '--auto-approve');
  expect(code, output).toBe(0);
  for (const name of ['base', 'nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard']) {
    expect(output.match(new RegExp(`Image ${name}: built`, 'g')), name).toHaveLength(1);
  }
  expect(await present()).toEqual(planned);
  expect((await deployment.run('diff')).code).toBe(0);
});

it('leaves what the commands have synthesised where it is', async () => {
  const synthesised = () => readdirSync('cdktf.out/stacks').filter((name) => name === deployment.project);
  expect((await deployment.run('diff')).code).toBe(0);
  // As the user calls it: cdktf empties the folder of cdktf.json, whichever project is in it.
  const { code, output } = await deployment.runProgram('npx', ['cdktf', 'synth'], {
    BTCW_PROJECT: 'btcw-other',
  });
  expect(code, output).toBe(0);
  expect(synthesised()).toEqual([deployment.project]);
});
