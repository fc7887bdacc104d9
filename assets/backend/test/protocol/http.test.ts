import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Backend, Home, KEY, PASSWORD, SECRET } from '../support/backend.ts';
import { claimsFor, forgeToken } from '../support/tokens.ts';

const home = new Home();
let backend: Backend;

beforeAll(async () => {
  backend = await Backend.start(home);
});
afterAll(async () => {
  await backend.stop();
  home.remove();
});

describe('GET /health', () => {
  it('tells version, uptime and that nothing is degraded, without a token', async () => {
    const response = await backend.fetch('/health');
    expect(response.status).toBe(200);
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toMatchObject({ status: 'ok', version: '0.1.0', price_source: 'simulated', degraded: [] });
    expect(body.uptime_seconds).toBeTypeOf('number');
  });

  it('ignores an upgrade to another protocol, as curl --http2 asks for', async () => {
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
      const asked = request(
        { host: '127.0.0.1', port: backend.port, path: '/health', headers },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      asked.end();
    });
    expect(status).toBe(200);
  });
});

describe('POST /api/v1/auth/token', () => {
  it('gives a bearer token of 24 hours that opens the data endpoints', async () => {
    const response = await backend.login({ username: 'admin', password: PASSWORD });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const body = (await response.json()) as Record<string, string>;
    expect(body).toMatchObject({ token_type: 'bearer', expires_in: 86_400 });
    const claims = JSON.parse(Buffer.from(body.access_token?.split('.')[1] ?? '', 'base64url').toString());
    expect(claims.exp - claims.iat).toBe(86_400);
    const me = await backend.fetch('/api/v1/auth/me', {
      headers: { authorization: `bearer ${body.access_token}` },
    });
    expect(await me.json()).toMatchObject({ username: 'admin' });
  });

  it('answers an unknown user and a wrong password alike', async () => {
    const unknown = await backend.login({ username: 'nobody', password: PASSWORD });
    const wrong = await backend.login({ username: 'admin', password: 'wrong' });
    expect([unknown.status, wrong.status]).toEqual([401, 401]);
    expect(await unknown.text()).toBe(await wrong.text());
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
  });

  it.each([
    ['without a password', { username: 'admin' }, 400, 'invalid_request'],
    ['without a user', { password: 'x' }, 400, 'invalid_request'],
    [
      'with a password of 2,000 characters',
      { username: 'admin', password: 'x'.repeat(2000) },
      400,
      'invalid_request',
    ],
    [
      'with another grant',
      { grant_type: 'client_credentials', username: 'a', password: 'b' },
      400,
      'unsupported_grant_type',
    ],
  ])('fails when asked %s', async (_case, form, status, error) => {
    const response = await backend.login(form as Record<string, string>);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error });
  });

  it('fails when the body is not a form or too large', async () => {
    const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
    expect((await backend.fetch('/api/v1/auth/token', json)).status).toBe(415);
    const large = await backend.login({ username: 'admin', password: 'x'.repeat(10_000) });
    expect(large.status).toBe(413);
  });

  it('takes a changed password without a restart', async () => {
    writeFileSync(home.passwordFile, 'another one\n');
    expect((await backend.login({ username: 'admin', password: PASSWORD })).status).toBe(401);
    expect((await backend.login({ username: 'admin', password: 'another one' })).status).toBe(200);
    writeFileSync(home.passwordFile, PASSWORD);
  });

  it('fails when the password file has become empty, also for an empty password', async () => {
    writeFileSync(home.passwordFile, '');
    expect((await backend.login({ username: 'admin', password: PASSWORD })).status).toBe(500);
    expect((await backend.login({ username: 'admin', password: '' })).status).toBe(400);
    writeFileSync(home.passwordFile, PASSWORD);
  });

  it('lets no foreign page read the answer, nor one of origin null', async () => {
    const form = { username: 'admin', password: PASSWORD };
    for (const origin of ['null', 'http://evil.example']) {
      const response = await backend.login(form, { origin });
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('fails with 429 after ten failed logins of one address, whatever their names, and lets the owner in', async () => {
    const guess = async (n: number) => await backend.login({ username: `mallory${n}`, password: 'guess' });
    // Ten in all, with those of the tests before.
    const before = await Promise.all(Array.from({ length: 10 }, (_, n) => guess(n)));
    expect(before.map(({ status }) => status)).toContain(401);
    const refused = await guess(11);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error: 'too_many_attempts' });
    expect((await backend.login({ username: 'admin', password: PASSWORD })).status).toBe(200);
  });

  it('answers failed logins late, and all at once no sooner', async () => {
    const startedMs = performance.now();
    await Promise.all(
      Array.from({ length: 5 }, () => backend.login({ username: 'admin', password: 'guess' })),
    );
    expect(performance.now() - startedMs).toBeGreaterThan(900);
  });

  it('counts no names: thousands of them make no room for more guesses', async () => {
    const flood = Array.from({ length: 6_000 }, (_, n) => n);
    const statuses = new Set<number>();
    // As many at a time as wait for their answers, and some more.
    await Promise.all(
      Array.from({ length: 600 }, async () => {
        for (let n = flood.pop(); n !== undefined; n = flood.pop()) {
          statuses.add((await backend.login({ username: `junk${n}`, password: 'guess' })).status);
        }
      }),
    );
    expect([...statuses]).toEqual([429]);
    expect((await backend.login({ username: 'admin', password: 'guess' })).status).toBe(429);
    expect((await backend.login({ username: 'admin', password: PASSWORD })).status).toBe(200);
  });

  it('never counts correct logins as attempts', async () => {
    const form = { username: 'admin', password: PASSWORD };
    const statuses = await Promise.all(
      Array.from({ length: 30 }, async () => (await backend.login(form)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

describe('the data endpoints', () => {
  const paths = ['/api/v1/auth/me', '/api/v1/signals', '/api/v1/candles', '/api/v1/strategies'];
  const cases: [string, string | undefined, string][] = [
    ['no token', undefined, 'missing_token'],
    ['a malformed token', 'abc', 'invalid_token'],
    ['an expired token', forgeToken(claimsFor('admin', -10), KEY), 'expired_token'],
    ['a token signed with the secret alone', forgeToken(claimsFor('admin', 60), SECRET), 'invalid_token'],
    ['a token of another secret', forgeToken(claimsFor('admin', 60), 'another secret'), 'invalid_token'],
  ];
  it.each(cases)('fail with 401 for %s', async (_case, token, error) => {
    const headers: HeadersInit = token ? { authorization: `Bearer ${token}` } : {};
    for (const path of paths) {
      const response = await backend.fetch(path, { headers });
      expect([path, response.status]).toEqual([path, 401]);
      expect(await response.json()).toMatchObject({ error });
    }
  });

  it('give candles and signals from a time on, oldest first', async () => {
    const all = (await backend.getJson('/api/v1/candles?limit=5000')).candles as { time: number }[];
    expect(all.length).toBeGreaterThan(200);
    expect(all.map(({ time }) => time)).toEqual(all.map(({ time }) => time).sort((a, b) => a - b));
    const since = all.at(-3)?.time ?? 0;
    const newest = (await backend.getJson(`/api/v1/candles?since=${since}`)).candles as unknown[];
    expect(newest).toEqual(expect.arrayContaining(all.slice(-3)));
    expect(newest.length).toBeLessThan(6);
    const iso = await backend.getJson(`/api/v1/signals?since=${new Date(0).toISOString()}&limit=2`);
    expect(iso).toMatchObject({ source: 'simulated' });
    expect(iso.signals).toHaveLength(2);
  });

  it.each(['?since=yesterday', '?limit=0', '?limit=x', '?limit=100000'])(
    'fail with 400 for %s',
    async (query) => {
      const headers = { authorization: `Bearer ${backend.token()}` };
      const response = await backend.fetch(`/api/v1/signals${query}`, { headers });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    },
  );

  it('describe both strategies', async () => {
    const { strategies, symbol } = await backend.getJson('/api/v1/strategies');
    expect(symbol).toBe('BTCUSDT');
    expect((strategies as { id: string }[]).map(({ id }) => id)).toEqual(['ma_crossover', 'rsi']);
  });
});

describe('the address of a client', () => {
  const failFrom = (at: Backend, address: string) =>
    at.login({ username: 'mallory', password: 'guess' }, { 'x-forwarded-for': address });

  it('is what a proxy of a trusted network says, for the log and for the limit', async () => {
    const own = new Home();
    const behindProxy = await Backend.start(own, { TRUSTED_PROXIES: '127.0.0.0/8' });
    const guesses = Array.from({ length: 11 }, () => failFrom(behindProxy, '203.0.113.7'));
    expect((await Promise.all(guesses)).map(({ status }) => status)).toContain(429);
    expect((await failFrom(behindProxy, '203.0.113.8')).status).toBe(401);
    await behindProxy.logLine(/Login failed from 203\.0\.113\.8/);
    await behindProxy.stop();
    own.remove();
  });

  it('is never what a client says where no proxy is trusted', async () => {
    await failFrom(backend, '203.0.113.9');
    expect(backend.output).not.toContain('203.0.113.9');
  });
});

it('answers an unknown path with 404 and never repeats its query', async () => {
  const response = await backend.fetch('/nowhere?token=hidden');
  expect(response.status).toBe(404);
  expect(await response.text()).not.toContain('hidden');
});
