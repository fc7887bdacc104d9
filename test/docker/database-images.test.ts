/** The images of the databases by themselves, as a compose file may use them. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { imageFindings } from '../support/benchmark.ts';
import { docker, eventually, tryProgram } from '../support/deployment.ts';
import { imageOf } from '../support/topology.ts';

const ON = { BTCW_POSTGRES: 'on', BTCW_REDIS: 'on' };
const NAME = 'btcw-d-image';
const postgres = imageOf('postgres', ON);
const redis = imageOf('redis', ON);
const folder = mkdtempSync(join(tmpdir(), 'btcw-images-'));
const LIMITS = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--read-only', '--tmpfs', '/tmp'];
const DATA = [...LIMITS, '--tmpfs', '/run/postgresql', '--volume', `${NAME}:/var/lib/postgresql/data`];
const PASSWORD = ['--env', 'POSTGRES_PASSWORD=first', '--env', 'POSTGRES_USER=shop'];

const remove = () => tryProgram('docker', ['rm', '--force', '--volumes', NAME]);
/** Runs until it ends. */
const runOnce = (...args: string[]) => tryProgram('docker', ['run', '--rm', ...args]);

async function start(...args: string[]): Promise<void> {
  await remove();
  await docker('run', '--detach', '--name', NAME, ...args);
}

async function expectHealthy(): Promise<void> {
  const health = () => docker('inspect', '--format', '{{.State.Health.Status}}', NAME);
  expect(await eventually(health, (status) => status === 'healthy', 60_000)).toBe('healthy');
}

const sql = (query: string) => docker('exec', NAME, 'psql', '-U', 'shop', '-XAtqc', query);

beforeAll(async () => {
  // The containers' users are others.
  chmodSync(folder, 0o755);
  for (const service of ['postgres', 'redis']) {
    const { code, output } = await tryProgram('node', ['scripts/run.mjs', 'images', service], ON);
    expect(code, output).toBe(0);
  }
});
beforeEach(async () => {
  await remove();
  await tryProgram('docker', ['volume', 'rm', '--force', NAME]);
});
afterAll(async () => {
  await remove();
  await tryProgram('docker', ['volume', 'rm', '--force', NAME]);
  rmSync(folder, { recursive: true });
});

it.each([postgres, redis])('%s has no setuid program, and none that it does not need', async (image) => {
  expect(await imageFindings(image)).toEqual([]);
});

it('PostgreSQL fails when it is first started without a password, and leaves no data', async () => {
  const { code, output } = await runOnce(...DATA, postgres);
  expect({ code, output }).toEqual({
    code: 1,
    output: 'postgres: the first start needs a password: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE.',
  });
});

it('PostgreSQL comes up after first starts that were killed, or whose script failed', async () => {
  const scripts = ['--volume', `${folder}:/docker-entrypoint-initdb.d:ro`];
  // However fast the machine is, none of these has made all of its data when it is killed.
  writeFileSync(join(folder, '0.sh'), 'sleep 600');
  for (const ms of [300, 700, 1100]) {
    await start(...DATA, ...PASSWORD, ...scripts, postgres);
    await pause(ms);
    await docker('kill', NAME);
  }
  rmSync(join(folder, '0.sh'));
  writeFileSync(join(folder, '1.sql'), 'CREATE TABLE seeded (id int);');
  writeFileSync(
    join(folder, '2.sh'),
    'psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "INSERT INTO seeded VALUES (7)"',
  );
  writeFileSync(join(folder, '3.sql'), 'SELECT 1 / 0;');
  await remove();
  const failed = await runOnce(...DATA, ...PASSWORD, ...scripts, postgres);
  expect(failed.code, failed.output).not.toBe(0);
  expect(failed.output).toContain('division by zero');
  rmSync(join(folder, '3.sql'));
  await start(...DATA, ...PASSWORD, ...scripts, postgres);
  await expectHealthy();
  expect(await sql('SELECT * FROM seeded')).toBe('7');
});

it('PostgreSQL follows its password, and fails when its data is of another user or version', async () => {
  await start(...DATA, ...PASSWORD, postgres, '-c', 'shared_buffers=16MB');
  await expectHealthy();
  expect(await sql('SHOW shared_buffers')).toBe('16MB');
  const changed = ['--env', 'POSTGRES_USER=shop', '--env', `POSTGRES_PASSWORD=it's "new" $1 \\`];
  await start(...DATA, ...changed, postgres);
  await expectHealthy();
  const login = (password: string) =>
    tryProgram('docker', [
      ...['exec', '--env', `PGPASSWORD=${password}`, NAME, 'sh', '-c'],
      'psql -h "$(hostname -i)" -U shop -XAtqc "SELECT 1"',
    ]);
  expect(await login(`it's "new" $1 \\`)).toMatchObject({ code: 0, stdout: '1' });
  expect((await login('first')).output).toContain('password authentication failed');
  expect((await docker('logs', NAME)).concat(await docker('top', NAME))).not.toContain('new');
  await remove();

  const other = await runOnce(...DATA, '--env', 'POSTGRES_PASSWORD=x', postgres);
  expect(other).toMatchObject({ code: 1, output: expect.stringContaining('was made with another user.') });
  await runOnce(...DATA, '--entrypoint', 'sh', postgres, '-c', 'echo 16 >$PGDATA/PG_VERSION');
  const earlier = await runOnce(...DATA, ...PASSWORD, postgres);
  expect(earlier).toMatchObject({
    code: 1,
    output: expect.stringMatching(/is of PostgreSQL 16, and this is \d+:/),
  });
});

it('Redis takes options, a configuration file, and a password that is in no argument', async () => {
  writeFileSync(join(folder, 'redis.conf'), 'maxmemory 32mb\n');
  writeFileSync(join(folder, 'password'), 'first-of-all\n');
  const files = ['--volume', `${folder}:/conf:ro`];
  const asked = ['config', 'get', 'maxmemory', 'appendonly'];
  await start(...LIMITS, ...files, redis, 'redis-server', '/conf/redis.conf', '--appendonly', 'yes');
  await expectHealthy();
  const settings = (await docker('exec', NAME, 'redis-cli', ...asked)).split('\n');
  expect(settings).toEqual(expect.arrayContaining(['33554432', 'yes']));

  await start(
    ...LIMITS,
    ...files,
    '--env',
    'REDIS_PASSWORD_FILE=/conf/password',
    redis,
    '--appendonly',
    'yes',
  );
  await expectHealthy();
  expect(await docker('exec', NAME, 'redis-cli', 'ping')).toContain('NOAUTH');
  const given = ['--env', 'REDISCLI_AUTH=first-of-all'];
  expect(await docker('exec', ...given, NAME, 'redis-cli', 'ping')).toBe('PONG');
  expect(await docker('top', NAME)).not.toContain('first-of-all');
});
