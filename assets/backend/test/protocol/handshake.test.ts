import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Backend, Home, KEY, SECRET } from '../support/backend.ts';
import { handshakeStatus, TestClient, webSocketUrl } from '../support/client.ts';
import { claimsFor, forgeToken } from '../support/tokens.ts';

const home = new Home();
let backend: Backend;

beforeAll(async () => {
  backend = await Backend.start(home, { MAX_CONNECTIONS: '3' });
});
afterAll(async () => {
  await backend.stop();
  home.remove();
});

const valid = () => claimsFor('admin', 60);
const none = { alg: 'none' };

describe('the WebSocket is refused with 403 before the upgrade', () => {
  it.each([
    ['the token is missing', () => undefined, 'missing_token'],
    ['the token is empty', () => '', 'missing_token'],
    ['the token is malformed', () => 'not-a-token', 'invalid_token'],
    ['the token has expired', () => forgeToken(claimsFor('admin', -1), KEY), 'expired_token'],
    ['the token is signed with another secret', () => forgeToken(valid(), 'another secret'), 'invalid_token'],
    ['the token says alg none', () => forgeToken(valid(), KEY, none), 'invalid_token'],
    [
      'the token says alg none and has no signature',
      () => forgeToken(valid(), KEY, none).replace(/[^.]*$/, ''),
      'invalid_token',
    ],
    ['the token says HS512', () => forgeToken(valid(), KEY, { alg: 'HS512' }), 'invalid_token'],
    ['the token never expires', () => forgeToken({ sub: 'admin', iat: 1 }, KEY), 'invalid_token'],
    ['the token is for another user', () => forgeToken(claimsFor('root', 60), KEY), 'invalid_token'],
    ['the token is given twice', () => `${backend.token()}&token=${backend.token()}`, 'missing_token'],
  ])('when %s', async (_case, token, error) => {
    const { status, body } = await handshakeStatus(webSocketUrl(backend, token()));
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ error });
  });

  it.each([
    ['of another host', () => 'http://evil.example'],
    ['of another port', () => `http://127.0.0.1:${backend.port + 1}`],
    ['that is no address', () => 'nonsense'],
    ['that has the host as a prefix', () => `http://127.0.0.1:${backend.port}.evil.example`],
  ])('when the Origin is one %s', async (_case, origin) => {
    const headers = { origin: origin() };
    const { status, body } = await handshakeStatus(webSocketUrl(backend, backend.token()), { headers });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ error: 'foreign_origin' });
  });
});

describe('the WebSocket is opened with 101', () => {
  it.each([
    ['without an Origin', () => undefined],
    ['with the Origin of the same host and port', () => `http://127.0.0.1:${backend.port}`],
    ['from a page on disk in Chromium', () => 'file://'],
    ['from a page on disk in Firefox', () => 'null'],
  ])('%s', async (_case, origin) => {
    const value = origin();
    const headers: Record<string, string> = value ? { origin: value } : {};
    const url = webSocketUrl(backend, backend.token());
    expect((await handshakeStatus(url, { headers })).status).toBe(101);
  });

  it('behind a proxy that passes on the Host without its default port', async () => {
    const headers = { host: 'dash.example', origin: 'https://dash.example:443' };
    const url = webSocketUrl(backend, backend.token());
    expect((await handshakeStatus(url, { headers })).status).toBe(101);
  });
});

it('answers 426 to a request that is no upgrade, but only with a valid token', async () => {
  expect((await backend.fetch(`/api/v1/ws?token=${backend.token()}`)).status).toBe(426);
  expect((await backend.fetch('/api/v1/ws')).status).toBe(403);
});

it('fails with 503 when the limit of connections is reached, and recovers', async () => {
  const clients = await Promise.all([1, 2, 3].map(() => TestClient.connect(backend)));
  const url = webSocketUrl(backend, backend.token());
  expect((await handshakeStatus(url)).status).toBe(503);
  for (const client of clients) client.socket.close();
  await Promise.all(clients.map((client) => client.closed));
  expect((await handshakeStatus(url)).status).toBe(101);
});

it('logs refusals and connections without tokens, queries or Origins that forge a line', async () => {
  const token = backend.token();
  const client = await TestClient.connect(backend, token);
  client.socket.close(4000, `bye\n2025 INFO forged ${token.slice(0, 60)}`);
  await client.closed;
  await backend.logLine(/4000 bye 2025 INFO forged \[token\]/);
  expect(backend.output).toMatch(/ WARN WebSocket refused with 403 expired_token: the token has expired/);
  expect(backend.output).toMatch(/ INFO WebSocket client admin_[0-9a-f]{8} connected \(user: admin\)\n/);
  expect(backend.output).toMatch(
    / INFO WebSocket client admin_[0-9a-f]{8} disconnected \(user: admin\): 1006 /,
  );
  expect(backend.output).not.toContain('token=');
  expect(backend.output).not.toMatch(/eyJ/);
  expect(backend.output).not.toContain(SECRET);
});
