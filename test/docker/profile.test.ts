/** An application of another shape: nothing that works is reported, and each thing that does not is named. */
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../scripts/doctor/checks/check.ts';
import type { Check } from '../../scripts/verify/check.ts';
import { TestDeployment } from '../support/deployment.ts';
import { foreignApp, PROFILE } from '../support/foreign-app.ts';

const PASSWORD = 'a password of four words';
const PORTS = {
  BTCW_NGINX_PORT: '21301',
  BTCW_BACKEND_PORT: '21302',
  BTCW_FRONTEND_PORT: '21303',
  BTCW_FRP_SERVER_PORT: '21304',
  BTCW_FRP_REMOTE_PORT: '21305',
};
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
    ...PORTS,
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
  it('passes or skips everything, three times in a row, without and with a profile', async () => {
    for (let round = 0; round < 3; round += 1) {
      const generic = await verify();
      expect(generic.failed).toEqual([]);
      expect(generic.code).toBe(0);
      expect(generic.skipped.every(({ detail }) => detail.startsWith('skipped: '))).toBe(true);
      const own = await verify(round === 0 ? ['--soak', '5s'] : [], account());
      expect(own.failed).toEqual([]);
      expect(own.code).toBe(0);
      // Its health path is not routed, which is told.
      expect(own.skipped.filter(({ name }) => !name.includes('/health'))).toEqual([]);
      for (const settings of [{}, account()]) {
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
