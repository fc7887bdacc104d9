/** Databases beside the backend: their data outlives every change, and a backup brings it back. */
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { CONTENT, TestDatabases } from '../support/databases.ts';
import { portsFrom, TestDeployment } from '../support/deployment.ts';

const deployment = new TestDeployment('btcw-d-backup', {
  ...portsFrom(21211),
  BTCW_POSTGRES: 'on',
  BTCW_REDIS: 'on',
});
const databases = new TestDatabases(deployment);
const folder = mkdtempSync(join(tmpdir(), 'btcw-backup-'));
const file = join(folder, 'backup.tar');
const dumps = `.backups/${deployment.project}`;

async function run(command: string, args: readonly string[] = [], settings: Record<string, string> = {}) {
  const { code, output } = await deployment.run(command, args, settings);
  expect(code, output).toBe(0);
  return output;
}

beforeAll(async () => {
  await deployment.remove();
  await run('deploy');
  await databases.fill();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  await deployment.remove();
  rmSync(folder, { recursive: true });
  rmSync(dumps, { recursive: true, force: true });
});

it('follow a new password, and keep their data when their container is replaced, which is dumped before', async () => {
  const old = await databases.url();
  writeFileSync(`${deployment.secretsFolder}/postgres-password`, 'another-one-entirely\n', { mode: 0o600 });
  expect(await run('deploy', [], { BTCW_POSTGRES_MEMORY: '256m' })).toContain(
    `A database's container is replaced; what it holds is kept in ${dumps}/`,
  );
  expect(await databases.url()).toContain(':another-one-entirely@postgres:5432/');
  expect(await databases.content()).toEqual(CONTENT);
  await expect(databases.sql('SELECT 1', old)).rejects.toThrow('password authentication failed');
  const [dump = ''] = readdirSync(dumps);
  expect(statSync(join(dumps, dump)).mode & 0o777).toBe(0o600);
  expect(await run('restore', [join(dumps, dump), '--list'])).toContain('database app of postgres');
});

it('come back from a backup where everything is gone, with the secrets', async () => {
  expect(await run('backup', [file])).toContain('data of redis');
  const url = await databases.url();
  await run('destroy', ['--yes', '--volumes']);
  rmSync(deployment.secretsFolder, { recursive: true });
  expect(await run('restore', [file])).toContain('Restored to');
  expect(await databases.url()).toBe(url);
  expect(await databases.content()).toEqual(CONTENT);
  expect(await run('diff')).toContain('No changes');
});

it('fails when data would be replaced and nobody has said so, and when the archive is cut short', async () => {
  const asked = await deployment.run('restore', [file]);
  expect(asked).toMatchObject({ code: 1, output: expect.stringContaining('Fix: add --yes.') });
  truncateSync(file, 9000);
  const cut = await deployment.run('restore', [file, '--yes']);
  expect(cut).toMatchObject({
    code: 1,
    output: expect.stringMatching(/is cut short or damaged.*Nothing was changed/),
  });
  expect(await databases.content()).toEqual(CONTENT);
});
