import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { docker, TestDeployment } from '../support/deployment.ts';

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

describe('a deployment whose container does not become healthy', () => {
  const settings = { BTCW_MAX_CONNECTIONS: '100' };

  it("fails with the container's last lines and offers the way back, which works", async () => {
    const { code, output } = await deployment.run('deploy', [], { ...settings, ...ILL });
    expect(code).toBe(1);
    expect(output).toMatch(
      /btcw-back-backend is running, (starting|unhealthy)\. Its last lines:\n.*listens on/s,
    );
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
