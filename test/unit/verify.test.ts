/** What `verify` runs, and what it leaves out where something before has failed. */
import { describe, expect, it } from 'vitest';
import { GENERIC_PROFILE, REFERENCE_PROFILE } from '../../scripts/lib/app-profile.ts';
import { type Address, type Application, addressChecks, listed } from '../../scripts/verify/address.ts';
import { once, type PlannedCheck, runPlanned, skip } from '../../scripts/verify/check.ts';

/** A check that notes that it was run. */
function planned(name: string, ok: boolean, dependsOn: readonly PlannedCheck[] = []) {
  const runs: string[] = [];
  const check: PlannedCheck = {
    id: name,
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
      { id: 'tunnel', name: 'tunnel', ok: false, detail: 'broken', fix: 'fix tunnel' },
      { id: 'page', name: 'page', ok: false, detail: 'skipped: caused by "tunnel"', fix: '', skipped: true },
      { id: 'soak', name: 'soak', ok: false, detail: 'skipped: caused by "tunnel"', fix: '', skipped: true },
      { id: 'local', name: 'local', ok: true, detail: 'fine', fix: 'fix local' },
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

  it('skips what cannot be told with its reason, and so what depends on it; neither is a failure', async () => {
    const login = skip('login', 'login', 'the profile "generic" names no login');
    const topics = planned('topics', true, [login]);
    expect(await runPlanned([login, topics.check])).toEqual(
      ['login', 'topics'].map((name) => ({
        id: name,
        name,
        ok: false,
        detail: 'skipped: the profile "generic" names no login',
        fix: '',
        skipped: true,
      })),
    );
    expect(topics.runs).toEqual([]);
  });

  describe('through the tunnel', () => {
    const fixes = { frontend: 'f', backend: 'b', proxy: 'p' };
    const application: Application = {
      profile: REFERENCE_PROFILE,
      routes: [],
      isOneService: false,
      token: async () => 'v',
      expired: async () => 'e',
    };
    const login = planned('login', true).check;
    const up = planned('tunnel is up', false).check;
    const at = (port: number): Address => ({
      id: 'local',
      name: 'local',
      url: `http://127.0.0.1:${port}`,
      fixes,
    });
    const here = addressChecks(at(1), application, { page: [], api: [], login });
    const needs = { page: [up], api: [up], login, behind: here };
    const there = addressChecks({ ...at(2), id: 'tunnel', name: 'tunnel' }, application, needs);

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

    it('has the ids that readers of --json know, each once', () => {
      expect(listed(there).map(({ id }) => id)).toEqual([
        'tunnel.page',
        'tunnel.api',
        'tunnel.token',
        'tunnel.forged-token',
        'tunnel.upgrade.wrong',
        'tunnel.upgrade.forged',
        'tunnel.upgrade.expired',
        'tunnel.upgrade.valid',
        'tunnel.topics',
        'tunnel.ping',
      ]);
    });

    it('has a row for each, without the expired token where none can be made', () => {
      expect(listed(here).map(({ name }) => name)).toEqual([
        'local: page',
        'local: /api reaches the backend',
        'local: API accepts the token',
        'local: API refuses a token of another key',
        'local: WebSocket with a wrong token gives 403',
        'local: WebSocket with a token of another key gives 403',
        'local: WebSocket with an expired token gives 403',
        'local: WebSocket with a valid token gives 101',
        'local: four topics within 3 s',
        'local: ping answered',
      ]);
      const { expired: _, ...others } = application;
      const own = addressChecks(at(3), others, { page: [], api: [], login });
      expect(own.upgrades).toHaveLength(3);
    });

    it('skips of an application that nothing is known of all but what every one has', async () => {
      const generic = { ...application, profile: GENERIC_PROFILE };
      const checks = listed(addressChecks(at(4), generic, { page: [], api: [], login }));
      expect(checks.map(({ name }) => name)).toEqual([
        'local: page',
        'local: API refuses a token of another key',
        'local: WebSocket',
        'local: topics',
        'local: ping',
      ]);
      const results = await runPlanned(checks.slice(1));
      expect(results.every(({ skipped, detail }) => skipped && /"generic" names no/.test(detail))).toBe(true);
    });
  });
});
