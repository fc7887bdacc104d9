import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { docker, eventually, TestDeployment } from '../support/deployment.ts';

const deployment = new TestDeployment('btcw-back');
/** The backend answers, but not at this path: it never becomes healthy. */
const ILL = { BTCW_BACKEND_HEALTH_PATH: '/not-there' };

const limit = async () =>
  /limit_conn gateway (\d+);/.exec(
    await docker('exec', deployment.container('nginx'), 'cat', '/etc/nginx/nginx.conf'),
  )?.[1];

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy', [], { BTCW_MAX_CONNECTIONS: '100' });
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(() => deployment.remove());

describe('rollback', () => {
  it('fails when there is nothing before the first deployment', async () => {
    const { code, output } = await deployment.run('rollback', [], { BTCW_MAX_CONNECTIONS: '100' });
    expect([code, output]).toEqual([1, expect.stringContaining('is the first; there is none before it')]);
    expect(await limit()).toBe('100');
  });

  it('returns to the previous good configuration, and says that the settings are still the newer ones', async () => {
    expect((await deployment.run('deploy', [], { BTCW_MAX_CONNECTIONS: '200' })).code).toBe(0);
    expect(await limit()).toBe('200');
    const { code, output } = await deployment.run('rollback', [], { BTCW_MAX_CONNECTIONS: '200' });
    expect(code, output).toBe(0);
    expect(output).toContain('the newer ones (BTCW_MAX_CONNECTIONS=200)');
    expect(await limit()).toBe('100');
    expect((await deployment.run('diff', [], { BTCW_MAX_CONNECTIONS: '100' })).code).toBe(0);
  });
});

describe('rollback of secrets', () => {
  const settings = { BTCW_MAX_CONNECTIONS: '100' };
  const file = `${deployment.secretsFolder}/admin-password`;

  it('brings the password back that was in use then, with the data', async () => {
    const before = deployment.password;
    writeFileSync(file, 'another good password\n');
    const changed = await deployment.run('deploy', [], settings);
    expect(changed.code, changed.output).toBe(0);
    const { code, output } = await deployment.run('rollback', [], settings);
    expect(code, output).toBe(0);
    expect(output).toContain(`Of that deployment again, in ${deployment.secretsFolder}: admin-password.`);
    expect(output).not.toContain(before);
    expect(deployment.password).toBe(before);
    expect(await deployment.token()).not.toBe('');
    expect((await deployment.run('diff', [], settings)).code).toBe(0);
  });

  it.each(['', '   \n', 'ab\n'])(
    'is not needed for %j: that is refused, and the old one serves on',
    async (text) => {
      const before = deployment.password;
      writeFileSync(file, text);
      const startedMs = Date.now();
      const { code, output } = await deployment.run('deploy', [], settings);
      expect([code, output]).toEqual([1, expect.stringContaining('admin-password: should hold one line')]);
      expect(Date.now() - startedMs).toBeLessThan(10_000);
      writeFileSync(file, `${before}\n`);
      expect(await deployment.token()).not.toBe('');
    },
  );

  it('lists what there is, with local times and settings', async () => {
    const { code, output } = await deployment.run('rollback', ['--list'], { BTCW_MAX_CONNECTIONS: '300' });
    expect(code, output).toBe(0);
    expect(output).toMatch(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \S+ .*BTCW_MAX_CONNECTIONS=100/);
  });
});

describe('logout-all', () => {
  const settings = { BTCW_MAX_CONNECTIONS: '100' };
  const isOpen = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${deployment.local}/api/v1/auth/me`, { headers })).status === 200;
  };

  it('ends every session, and rollback brings none back', async () => {
    const token = await deployment.token();
    expect(await isOpen(token)).toBe(true);
    const { code, output } = await deployment.run('logout-all', [], settings);
    expect(code, output).toBe(0);
    expect(await isOpen(token)).toBe(false);
    const later = await deployment.token();
    expect(await isOpen(later)).toBe(true);
    const back = await deployment.run('rollback', [], settings);
    expect(back.code, back.output).toBe(0);
    expect([await isOpen(token), await isOpen(later)]).toEqual([false, true]);
    expect((await deployment.run('deploy', [], settings)).code).toBe(0);
  });
});

describe('a deployment that changes nothing', () => {
  it('says so', async () => {
    const { code, output } = await deployment.run('deploy', [], { BTCW_MAX_CONNECTIONS: '100' });
    expect([code, output]).toEqual([0, expect.stringContaining('✓ Nothing changed. Open http')]);
    expect(output).not.toContain('Deployed in');
  });
});

describe('a container that is not healthy any more', () => {
  it('fails a deployment that changes nothing, and going back is not offered', async () => {
    const settings = { BTCW_MAX_CONNECTIONS: '100' };
    const goOn = await deployment.freeze('backend');
    const health = async () => (await deployment.inspect('backend')).State.Health.Status;
    expect(await eventually(health, (status) => status === 'unhealthy', 60_000)).toBe('unhealthy');
    const { code, output } = await deployment.run('deploy', [], settings);
    expect(code, output).toBe(1);
    expect(output).toMatch(/^✗ Not every container is healthy: btcw-back-backend\./m);
    expect(output).toContain('btcw-back-backend is running, unhealthy. Its log:');
    expect(output).not.toContain('npm run rollback');
    expect(output).not.toContain('✓ Deployed');
    goOn();
    expect(await eventually(health, (status) => status === 'healthy', 60_000)).toBe('healthy');
    expect((await deployment.run('deploy', [], settings)).code).toBe(0);
  });
});

describe('a deployment whose container does not become healthy', () => {
  const settings = { BTCW_MAX_CONNECTIONS: '100' };

  it("fails with the container's last lines and offers the way back, which works", async () => {
    const { code, output } = await deployment.run('deploy', [], { ...settings, ...ILL });
    expect(code).toBe(1);
    expect(output).toMatch(/btcw-back-backend is running, (starting|unhealthy)\. Its log:\n.*listens on/s);
    expect(output).toMatch(/Fix: npm run rollback goes back to the deployment of 20/);
    const back = await deployment.run('rollback', [], settings);
    expect(back.code, back.output).toBe(0);
    expect((await deployment.run('verify', [], settings)).code).toBe(0);
  });

  it('goes back by itself when asked to, and still fails', async () => {
    const { code, output } = await deployment.run('deploy', ['--rollback-on-failure'], {
      ...settings,
      ...ILL,
    });
    expect(code).toBe(1);
    expect(output).toMatch(/The deployment failed; the one of 20.* runs again/);
    expect((await deployment.run('verify', [], settings)).code).toBe(0);
    expect((await deployment.run('diff', [], settings)).code).toBe(0);
  });
});

describe('rollback after destroy', () => {
  it('says that there is nothing to go back from', async () => {
    expect((await deployment.run('destroy', ['--yes'])).code).toBe(0);
    const { code, output } = await deployment.run('rollback');
    expect([code, output]).toEqual([1, expect.stringContaining('Nothing of "btcw-back" runs')]);
  });
});
