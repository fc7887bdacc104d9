/** What doctor says of an application of the owner's. */
import { describe, expect, it } from 'vitest';
import { counterFile, oomKillsIn } from '../../scripts/docker/oom.ts';
import { diagnose } from '../../scripts/doctor/diagnose.ts';
import type { Facts } from '../../scripts/doctor/facts/facts.ts';
import { GENERIC_PROFILE } from '../../scripts/lib/app-profile.ts';
import { parseProfile } from '../../scripts/lib/profile-file.ts';
import { answer, containerFacts, healthyFacts } from '../support/facts.ts';

const OWN = { BTCW_BACKEND_IMAGE: 'shop/api:1', BTCW_FRONTEND_IMAGE: 'shop/web:1' };
const profile = parseProfile(
  `login: { path: /api/in }
websocket:
  path: /api/live
  token: { query: t }
  topics: { prices: 2s, slow: 1m }
  ping: { from: server, every: 30s }`,
  'app.yaml',
);
const wrong = (changes: Partial<Facts>) =>
  diagnose(healthyFacts(changes, OWN)).filter(({ level }) => level === 'failure' || level === 'warning');
const unknown = { login: undefined, token: undefined, socket: undefined };
const opaque = { given: false, wellFormed: false, issuedMs: undefined, expiresMs: undefined };
const open = { topics: ['prices'], pongMs: undefined, error: '', status: 101 };

describe('doctor, of an application of the owner', () => {
  it('finds nothing wrong where it works, and says what its profile does not name', () => {
    const findings = diagnose(healthyFacts(unknown, OWN));
    expect(
      findings.filter(({ level }) => level !== 'ok').map(({ id, detail }) => `${id}: ${detail}`),
    ).toEqual([
      'login: skipped: the profile "generic" names no login',
      'token: skipped: the profile "generic" names no WebSocket with a token',
      'websocket: skipped: the profile "generic" names no WebSocket',
      'silent: skipped: the profile "generic" names no WebSocket',
    ]);
    expect(wrong({ profile, token: opaque, socket: open })).toEqual([]);
  });

  it('takes no silence for a failure that its profile explains', () => {
    const quiet = parseProfile('websocket: { path: /ws, topics: { slow: 1m } }', 'app.yaml');
    expect(wrong({ profile: quiet, ...unknown, socket: { ...open, topics: [] } })).toEqual([]);
  });

  it.each<[string, Partial<Facts>, string, RegExp, RegExp]>([
    [
      'no user',
      { login: answer(401), token: undefined, socket: undefined },
      'login',
      /refuses user admin/,
      /^make a user "admin" with the password in /,
    ],
    [
      'an error at login',
      { login: answer(500), token: undefined, socket: undefined },
      'login',
      /status 500/,
      /^docker logs/,
    ],
    [
      'a login elsewhere',
      { login: answer(404), token: undefined, socket: undefined },
      'login',
      /status 404/,
      /^docker logs/,
    ],
    [
      'an error at upgrade',
      { token: opaque, socket: { ...open, status: 500 } },
      'websocket',
      /gets 500/,
      /^docker logs/,
    ],
    [
      'no topic in time',
      { token: opaque, socket: { ...open, topics: [] } },
      'silent',
      /no topic sends anything$/,
      /^docker logs/,
    ],
    [
      'a page with an error',
      { token: opaque, socket: open, local: answer(500) },
      'local-page',
      /status 500/,
      /^docker logs .*frontend/,
    ],
    [
      'a page that is busy',
      { token: opaque, socket: open, local: answer(503) },
      'local-page',
      /status 503/,
      /^docker logs .*frontend/,
    ],
  ])('names %s, and restarts nothing for it', (_, changes, id, detail, fix) => {
    const findings = wrong({ profile, ...changes });
    expect(findings.map((finding) => finding.id)).toEqual([id]);
    expect(findings[0]?.detail).toMatch(detail);
    expect(findings[0]?.fix).toMatch(fix);
  });

  it('names a database that does not answer, rather than the login that needs it', () => {
    const backing = {
      backend: [{ variable: 'DATABASE_URL', host: 'db', port: 5432, reach: 'unknown' as const }],
    };
    const findings = wrong({ profile, login: answer(500), token: undefined, socket: undefined, backing });
    expect(findings.map(({ id, detail }) => `${id}: ${detail}`)).toEqual([
      'connects-backend: DATABASE_URL: no host "db" in the network',
    ]);
  });

  it('shows the last words of one that runs and is unhealthy', () => {
    const facts = healthyFacts({ profile: GENERIC_PROFILE, ...unknown }, OWN);
    const backend = containerFacts('backend', { health: 'unhealthy', lastLogLine: 'no SECRET_KEY' });
    const [finding] = diagnose({ ...facts, containers: { ...facts.containers, backend } }).filter(
      ({ ok }) => !ok,
    );
    expect(finding?.detail).toMatch(/unhealthy: .*; last log line: no SECRET_KEY$/);
    expect(finding?.fix).toMatch(/^docker logs/);
  });

  it('warns of a process that was killed at the memory limit', () => {
    const facts = healthyFacts();
    const backend = containerFacts('backend', { oomKills: 2 });
    const [finding] = diagnose({ ...facts, containers: { ...facts.containers, backend } }).filter(
      ({ ok }) => !ok,
    );
    expect(finding).toMatchObject({
      id: 'memory-backend',
      level: 'warning',
      detail: 'a process in btc-watcher-backend was killed at its memory limit of 512 MiB 2 times',
    });
  });
});

describe("the kernel's count of processes that it ended", () => {
  it('is in the hierarchy of the memory controller, or in the only one', () => {
    expect(counterFile('9:name=systemd:/\n4:memory:/docker/abc\n0::/docker/abc')).toBe(
      '/sys/fs/cgroup/memory/docker/abc/memory.oom_control',
    );
    expect(counterFile('0::/system.slice/docker-abc.scope\n')).toBe(
      '/sys/fs/cgroup/system.slice/docker-abc.scope/memory.events',
    );
    expect(counterFile('')).toBeUndefined();
  });

  it('is read from either file, and unknown of an old kernel', () => {
    expect(oomKillsIn('oom_kill_disable 0\nunder_oom 0\noom_kill 2\n')).toBe(2);
    expect(oomKillsIn('low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\noom_group_kill 0')).toBe(1);
    expect(oomKillsIn('oom_kill_disable 0\nunder_oom 0\n')).toBeUndefined();
  });
});
