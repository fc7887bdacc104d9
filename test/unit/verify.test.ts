/** What `verify` runs, and what it leaves out where something before has failed. */
import { describe, expect, it } from 'vitest';
import { addressChecks, listed, WRONG_TOKEN } from '../../scripts/verify/address.ts';
import { once, type PlannedCheck, runPlanned } from '../../scripts/verify/check.ts';

/** A check that notes that it was run. */
function planned(name: string, ok: boolean, dependsOn: readonly PlannedCheck[] = []) {
  const runs: string[] = [];
  const check: PlannedCheck = {
    name,
    dependsOn,
    fix: `fix ${name}`,
    run: async () => {
      runs.push(name);
      return { ok, detail: ok ? 'fine' : 'broken' };
    },
  };
  return { check, runs };
}

describe('verify', () => {
  it('skips what depends on a failed check, also over another, names the cause, and does not run it', async () => {
    const tunnel = planned('tunnel', false);
    const page = planned('page', true, [tunnel.check]);
    const soak = planned('soak', true, [page.check]);
    const local = planned('local', true);
    const checks = await runPlanned([tunnel, page, soak, local].map(({ check }) => check));
    expect(checks).toEqual([
      { name: 'tunnel', ok: false, detail: 'broken', fix: 'fix tunnel' },
      { name: 'page', ok: false, detail: 'skipped: caused by "tunnel"', fix: '', skipped: true },
      { name: 'soak', ok: false, detail: 'skipped: caused by "tunnel"', fix: '', skipped: true },
      { name: 'local', ok: true, detail: 'fine', fix: 'fix local' },
    ]);
    expect([page, soak, local].map(({ runs }) => runs.length)).toEqual([0, 0, 1]);
  });

  it('reports two failures that have nothing to do with one another', async () => {
    const checks = await runPlanned([planned('a', false), planned('b', false)].map(({ check }) => check));
    expect(checks.map(({ ok, skipped }) => [ok, skipped])).toEqual([
      [false, undefined],
      [false, undefined],
    ]);
  });

  it('logs in once for all that need a token', async () => {
    let logins = 0;
    const logIn = once(async () => {
      logins += 1;
      return 'token';
    });
    expect(await Promise.all([logIn(), logIn()])).toEqual(['token', 'token']);
    expect(await logIn()).toBe('token');
    expect(logins).toBe(1);
  });

  describe('through the tunnel', () => {
    const fixes = { frontend: 'f', backend: 'b', proxy: 'p' };
    const tokens = async () => ({ wrong: WRONG_TOKEN, valid: 'v', expired: 'e' });
    const login = planned('login', true).check;
    const up = planned('tunnel is up', false).check;
    const here = addressChecks({ name: 'local', url: 'http://127.0.0.1:1', fixes }, tokens, {
      page: [],
      api: [],
      login,
    });
    const there = addressChecks({ name: 'tunnel', url: 'http://127.0.0.1:2', fixes }, tokens, {
      page: [up],
      api: [up],
      login,
      behind: here,
    });

    it('depends on the tunnel, and each check on the same one at the local address', async () => {
      const behind = new Map(listed(there).map((check, index) => [check, listed(here)[index]]));
      for (const [check, same] of behind) expect(check.dependsOn).toContain(same);
      const checks = await runPlanned([login, up, ...listed(there)]);
      expect(checks.map(({ ok, skipped }) => [ok, skipped ?? false])).toEqual([
        [true, false],
        [false, false],
        ...listed(there).map(() => [false, true]),
      ]);
      expect(checks.at(-1)?.detail).toBe('skipped: caused by "tunnel is up"');
    });

    it('has the rows that readers of --json know, without the expired token where none can be made', () => {
      expect(listed(here).map(({ name }) => name)).toEqual([
        'local: page',
        'local: /api reaches the backend',
        'local: WebSocket with a wrong token gives 403',
        'local: WebSocket with an expired token gives 403',
        'local: WebSocket with a valid token gives 101',
        'local: four topics within 3 s',
        'local: ping answered',
      ]);
      const needs = { page: [], api: [], login };
      const own = addressChecks({ name: 'own', url: 'http://x', fixes }, tokens, needs, ['wrong', 'valid']);
      expect(own.upgrades).toHaveLength(2);
    });
  });
});
