/** An application of another shape: nothing that works is reported, and each thing that does not is named. */
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../scripts/doctor/checks/check.ts';
import type { Check } from '../../scripts/verify/check.ts';
import { docker, portsFrom, TestDeployment, testRounds } from '../support/deployment.ts';
import { foreignApp, PROFILE } from '../support/foreign-app.ts';

const PASSWORD = 'a password of four words';
let folder = '';
let deployment: TestDeployment;
/** The application's environment file. */
const environment = (lines: readonly string[]) =>
  writeFileSync(join(folder, 'env'), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
const WELL = [`SHOP_PASSWORD="${PASSWORD}"`, 'SIGNING_KEY=0123456789abcdef0123456789abcdef'];

beforeAll(async () => {
  const context = await foreignApp();
  folder = dirname(context);
  writeFileSync(join(folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
  environment(WELL);
  deployment = new TestDeployment('btcw-p-shop', {
    ...portsFrom(21301),
    BTCW_BACKEND_CONTEXT: context,
    BTCW_BACKEND_ENV_FILE: join(folder, 'env'),
  });
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  await deployment.remove();
  rmSync(folder, { recursive: true, force: true });
});

const account = () => ({
  BTCW_APP_PROFILE: PROFILE,
  BTCW_ADMIN_USER: 'owner',
  BTCW_ADMIN_PASSWORD_FILE: join(folder, 'password'),
});

async function verify(args: readonly string[] = [], settings: Record<string, string> = {}) {
  const { code, output, stdout } = await deployment.run('verify', ['--json', ...args], settings);
  expect(stdout, output).toMatch(/^\{/);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  const skipped = checks.filter((check) => check.skipped);
  return { code, checks, skipped, failed: checks.filter(({ ok, skipped: is }) => !ok && !is) };
}

async function doctor(settings: Record<string, string> = {}) {
  const { code, output, stdout } = await deployment.run('doctor', ['--json'], settings);
  expect(stdout, output).toMatch(/^\{/);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return { code, findings, failures: findings.filter(({ level }) => level === 'failure') };
}

describe('a working application of another shape', () => {
  it('passes or skips everything, as often as it is asked, without and with a profile', async () => {
    for (let round = 0; round < testRounds(1); round += 1) {
      const generic = await verify();
      expect(generic.failed).toEqual([]);
      expect(generic.code).toBe(0);
      expect(generic.skipped.every(({ detail }) => detail.startsWith('skipped: '))).toBe(true);
      const own = await verify(round === 0 ? ['--soak', '5s'] : [], account());
      expect(own.failed).toEqual([]);
      expect(own.code).toBe(0);
      // Its health path is not routed, which is told.
      expect(own.skipped.filter(({ name }) => !name.includes('/health'))).toEqual([]);
      for (const settings of round === 0 ? [{}, account()] : [account()]) {
        const { failures, code } = await doctor(settings);
        expect(failures).toEqual([]);
        expect(code).toBe(0);
      }
    }
  });

  it('is verified through its address alone, by its profile and its names', async () => {
    const url = ['--url', deployment.public];
    expect((await verify(url)).failed).toEqual([]);
    expect((await verify(url, account())).failed).toEqual([]);
    const wrong = await verify(url, {
      ...account(),
      BTCW_APP_PROFILE: 'generic',
      BTCW_PROJECT: 'btcw-p-other',
    });
    expect(wrong.failed).toEqual([]);
  });

  it('shows its own numbers', async () => {
    const { output } = await deployment.run('status', [], account());
    expect(output).toMatch(/WebSockets +clients \d, orders 3/);
  });
});

describe('an application that does not work', () => {
  const deploy = (settings: Record<string, string> = account(), args: readonly string[] = []) =>
    deployment.run('deploy', args, settings);

  it('is healthy without its database, and deploy and doctor name that', async () => {
    environment([...WELL, 'DATABASE_URL=postgresql://shop:s3cret-word@nowhere:5432/shop']);
    const { code, output } = await deploy();
    expect(code, output).toBe(1);
    expect(output).toContain('✗ backend: DATABASE_URL: no host "nowhere" in the network');
    expect(output).toMatch(/✗ login at \/api\/session: status 500/);
    expect(output).toMatch(/logs errors: ERROR: no database/);
    expect(output).toMatch(/! Deployed in .*, but the application does not work/);
    expect(output).not.toContain('s3cret');
    const { failures } = await doctor(account());
    expect(failures).toMatchObject([
      { id: 'connects-backend', detail: 'DATABASE_URL: no host "nowhere" in the network' },
    ]);
  });

  it('is told of its missing user, which is no failure of the deployment', async () => {
    environment(WELL);
    const { code, output } = await deploy({ ...account(), BTCW_ADMIN_USER: 'nobody' });
    expect(code, output).toBe(0);
    expect(output).toMatch(/! login at \/api\/session: status 401; make a user "nobody"/);
  });

  it('keeps the files that it has written outside its volumes, until somebody says otherwise', async () => {
    const container = deployment.container('backend');
    await docker('exec', container, 'sh', '-c', 'mkdir -p /srv/uploads && echo x > /srv/uploads/plan.txt');
    const refused = await deployment.run('rebuild', [], account());
    expect(refused.code, refused.output).toBe(1);
    expect(refused.output).toContain('/srv/uploads/plan.txt');
    expect(refused.output).toContain('--discard');
    expect(await docker('exec', container, 'cat', '/srv/uploads/plan.txt')).toBe('x');
    const other = { ...account(), BTCW_PRICE_FEED_URL: 'wss://example.org/ws' };
    expect((await deployment.run('diff', [], other)).output).toContain('/srv/uploads/plan.txt');
    const { code, output } = await deployment.run('deploy', ['--discard'], other);
    expect(code, output).toBe(0);
  });

  it('is not waited for while it exits again and again, and shows its whole error', async () => {
    environment(WELL.slice(1));
    const startedMs = Date.now();
    const { code, output } = await deploy({ ...account(), BTCW_ADMIN_USER: 'another' });
    expect(code, output).toBe(1);
    expect(output).toMatch(/! btcw-p-shop-backend has exited/);
    expect(output).toMatch(
      /ValidationError: 2 validation errors.*SHOP_PASSWORD.*SIGNING_KEY\n\s+Field required/s,
    );
    expect(Date.now() - startedMs).toBeLessThan(45_000);
  });

  it('is not waited for either where only its environment file has changed', async () => {
    environment(WELL);
    const well = await deploy();
    expect(well.code, well.output).toBe(0);
    environment(WELL.slice(1));
    const { code, output } = await deploy();
    expect(code, output).toBe(1);
    expect(output).toMatch(
      /^✗ btcw-p-shop-backend has exited \d+ times: it is not waited for any longer\.$/m,
    );
    expect(output).toMatch(/SIGNING_KEY\n\s+Field required/);
    expect(output).not.toContain('local-exec');
  });
});
