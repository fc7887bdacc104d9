/** A backup of one engine, brought back on another that has nothing of it. For `npm run test:long`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { planImages } from '../../scripts/images/plan.ts';
import { CONTENT, TestDatabases } from '../support/databases.ts';
import { portsFrom, TestDeployment } from '../support/deployment.ts';
import { TestEngine } from '../support/engine.ts';
import { topologyFor } from '../support/topology.ts';

const SETTINGS = {
  ...portsFrom(21221),
  BTCW_POSTGRES: 'on',
  BTCW_REDIS: 'on',
};
const here = new TestDeployment('btcw-d-move', SETTINGS);
const engine = new TestEngine(join(process.cwd(), '.build/test-engine-restore'));
const there = new TestDeployment(here.project, SETTINGS, engine.run);
const folder = mkdtempSync(join(tmpdir(), 'btcw-move-'));
const file = join(folder, 'backup.tar');

async function run(deployment: TestDeployment, command: string, ...args: string[]): Promise<string> {
  const { code, output } = await deployment.run(command, args);
  expect(code, output).toBe(0);
  return output;
}

beforeAll(async () => {
  await here.remove();
  await run(here, 'deploy');
  await new TestDatabases(here).fill();
  await run(here, 'backup', file);
  // Of this host nothing is left but the archive.
  await here.remove();
  const { all } = planImages(topologyFor(here.settings), process.cwd());
  await engine.create();
  await engine.load(all.map(({ reference }) => reference));
}, 600_000);
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await there.printLogs();
});
afterAll(async () => {
  await engine.remove();
  there.removeFiles();
  rmSync(folder, { recursive: true });
  rmSync(`.backups/${here.project}`, { recursive: true, force: true });
});

it('has everything there, and passes verify', async () => {
  const startedMs = Date.now();
  expect(await run(there, 'restore', file)).toContain('Restored to');
  console.log(`restored on an empty engine in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  expect(await new TestDatabases(there).content()).toEqual(CONTENT);
  await run(there, 'verify');
  expect(await run(there, 'diff')).toContain('No changes');
});

it('is brought back over what runs, and keeps what that held', async () => {
  const databases = new TestDatabases(there);
  await databases.sql('DROP TABLE trades');
  await databases.redis('flushall');
  expect(await run(there, 'restore', file, '--yes')).toContain(`is kept in .backups/${here.project}/`);
  expect(await databases.content()).toEqual(CONTENT);
});

it('is still there after the engine has been restarted', async () => {
  await engine.restart();
  expect(await run(there, 'deploy')).toContain('healthy');
  expect(await new TestDatabases(there).content()).toEqual(CONTENT);
});
