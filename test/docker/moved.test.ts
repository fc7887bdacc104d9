/** A checkout whose folder has got another name, or was copied with all that is in it, goes on where it was. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Checkout } from '../support/checkout.ts';
import { type Outcome, TestDeployment, tryProgram } from '../support/deployment.ts';

const deployment = new TestDeployment('btcw-moved');
const checkout = new Checkout('moved-before', 'HEAD');
const before = checkout.folder;

const command = (...args: string[]): Promise<Outcome> => checkout.command(deployment, ...args);
const expectGood = ({ code, output }: Outcome) => expect(code, output).toBe(0);
const expectUnchanged = ({ code, output }: Outcome) =>
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('No changes') });

/** All regular files below a folder; not what Terraform has fetched. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => !path.includes('/.terraform/providers/') && statSync(path).isFile());

beforeAll(async () => {
  await deployment.remove();
  await checkout.create();
  expectGood(await command('deploy'));
  const limit = { ...deployment.settings, BTCW_MAX_CONNECTIONS: '100' };
  expectGood(await checkout.run('node', ['scripts/run.mjs', 'deploy'], limit));
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  await deployment.remove();
  await checkout.remove();
});

it('has its place in nothing that is synthesised or kept', () => {
  const folders = [`cdktf.out/stacks/${deployment.project}`, `.releases/${deployment.project}`];
  const files = folders.flatMap((folder) => filesIn(join(before, folder)));
  expect(files.filter((path) => path.endsWith('cdk.tf.json'))).toHaveLength(3);
  expect(files.filter((path) => readFileSync(path, 'utf8').includes(before))).toEqual([]);
});

it('finds what runs from a copy, too', async () => {
  const copy = join(dirname(before), 'moved-copy');
  rmSync(copy, { recursive: true, force: true });
  expectGood(await tryProgram('cp', ['--archive', before, copy]));
  try {
    const inCopy = [`--chdir=${copy}`, 'BTCW_MAX_CONNECTIONS=100', 'node', 'scripts/run.mjs', 'diff'];
    expectUnchanged(await tryProgram('env', inCopy, { ...deployment.settings }));
  } finally {
    rmSync(copy, { recursive: true });
  }
});

it('finds what runs under another name, goes back to what it kept, forward again, and removes all', async () => {
  await checkout.rename('moved-after');
  const back = await command('rollback');
  expectGood(back);
  expectUnchanged(await command('diff'));
  expectGood(await command('deploy'));
  expectGood(await command('destroy', '--yes', '--volumes'));
  expect(await deployment.remains()).toEqual([]);
});
