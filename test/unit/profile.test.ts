/** Profiles: what a file says, how a WebSocket is spoken with, and what is expected of an application. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { isOwn, profileOf } from '../../scripts/deployment/profile.ts';
import { apiUpstream } from '../../scripts/deployment/routes.ts';
import {
  asText,
  filled,
  GENERIC_PROFILE,
  matched,
  type TokenTransport,
  type WebSocketProfile,
} from '../../scripts/lib/app-profile.ts';
import { forgedToken, loginCommand, tokenIn } from '../../scripts/lib/login.ts';
import { parseProfile } from '../../scripts/lib/profile-file.ts';
import { handshake, probeWebSocket, soak } from '../../scripts/lib/websocket.ts';
import { loginFix, routesOf } from '../../scripts/verify/deployment.ts';
import { logChecks, logResult } from '../../scripts/verify/logs.ts';
import { pageResult, routeResult } from '../../scripts/verify/route.ts';
import { pingResult, soakResult, topicsResult } from '../../scripts/verify/socket.ts';
import { answer } from '../support/facts.ts';
import { deploymentOf, topologyFor } from '../support/topology.ts';

const [, EXAMPLE = ''] = /```yaml\n(.*?)```/s.exec(readFileSync('docs/app-profile.md', 'utf8')) ?? [];
const OWN = { BTCW_BACKEND_IMAGE: 'shop/api:1', BTCW_FRONTEND_IMAGE: 'shop/web:1' };

describe('a profile', () => {
  it('is the one of the page in docs/', () => {
    expect(parseProfile(EXAMPLE, 'app.yaml')).toEqual({
      name: 'app.yaml',
      login: {
        path: '/api/v1/auth/login',
        form: 'oauth2',
        userField: 'username',
        passwordField: 'password',
        tokenKeys: ['access_token'],
      },
      whoPath: '/api/v1/auth/me',
      webSocket: {
        path: '/api/v1/ws',
        token: { query: 'token' },
        refusals: [401, 403],
        subscribe: { type: 'subscribe', topic: '$topic' },
        data: { type: 'data', topic: '$topic' },
        topics: [
          { name: 'monitoring', deadlineSec: 5 },
          { name: 'strategies', deadlineSec: 10 },
          { name: 'capacity', deadlineSec: 60 },
          { name: 'signals', deadlineSec: undefined },
        ],
        heartbeat: { from: 'server', message: { type: 'ping' }, answer: { type: 'pong' }, everySec: 30 },
      },
      statsPath: '/api/v1/stats',
      logText: 'WebSocket connected: $user',
    });
  });

  it('has defaults for what its file leaves out, and an empty file is one that knows nothing', () => {
    const { login, webSocket } = parseProfile('login: { path: /in }\nwebsocket: { path: /ws }\n', 'a.yaml');
    expect(login).toMatchObject({ form: 'oauth2', userField: 'username', tokenKeys: ['access_token'] });
    expect(webSocket).toMatchObject({ topics: [], heartbeat: { from: 'none' }, subscribe: undefined });
    expect(parseProfile('', 'a.yaml')).toEqual({ ...GENERIC_PROFILE, name: 'a.yaml' });
  });

  it.each([
    [
      'a key that there is not',
      'who: /me\nlogin:\n  path: /in\n  pasword: x',
      'a.yaml:4: login.pasword: is no key',
    ],
    ['a path without its slash', 'login:\n  path: in', 'a.yaml:2: login.path: should be a path'],
    ['a path that is missing', 'login:\n  form: json', 'a.yaml:2: login.path: is missing'],
    ['a form', 'login:\n  path: /in\n  form: basic', 'a.yaml:3: login.form: should be oauth2 or json'],
    ['a time', 'websocket:\n  path: /ws\n  topics:\n    a: 5', 'a.yaml:4: websocket.topics.a: '],
    [
      'a transport',
      'login: {path: /in}\nwebsocket:\n  path: /ws\n  token: cookie',
      'a.yaml:4: websocket.token: should have one of',
    ],
    [
      'a token that nobody gives',
      'websocket:\n  path: /ws\n  token: {query: t}',
      'a.yaml:3: websocket.token: should stand beside login',
    ],
    ['a path that nobody has a token for', '\nwho: /me', 'a.yaml:2: who: should stand beside login'],
    ['no YAML', 'login:\n  path: [', 'a.yaml:2: '],
    ['an alias without its anchor', 'who: *me', 'a.yaml: has an alias without an anchor'],
    [
      'more levels than there is room for',
      `${'- '.repeat(5_000)}x`,
      'a.yaml: has an alias without an anchor',
    ],
    ['a key that stands twice', 'who: /a\nwho: /b', 'a.yaml:2: Map keys must be unique.'],
  ])('is refused with file, line and key for %s', (_, text, expected) => {
    expect(() => parseProfile(text, 'a.yaml')).toThrow(expected);
  });

  it('is refused in the language of the run, also where zod or the parser of YAML finds it', async () => {
    vi.stubEnv('BTCW_LANG', 'zh');
    vi.resetModules();
    const { parseProfile: parse } = await import('../../scripts/lib/profile-file.ts');
    try {
      expect(() => parse('login: 5', 'a.yaml')).toThrow(/^a\.yaml:1: login: \P{ASCII}+/u);
      expect(() => parse('who: /a\nwho: /b', 'a.yaml')).toThrow('a.yaml:2: 同一映射中的键不能重复。');
    } finally {
      vi.unstubAllEnvs();
      vi.resetModules();
    }
  });

  it('is the reference for the backend of this package, generic for any other, or what is set', () => {
    const nameFor = (environment: Record<string, string>) => {
      const { settings, topology } = deploymentOf(environment);
      return profileOf(settings, topology).name;
    };
    expect(nameFor({})).toBe('reference');
    expect(nameFor({ BTCW_FRONTEND_IMAGE: 'shop/web:1' })).toBe('reference');
    expect(nameFor(OWN)).toBe('generic');
    expect(nameFor({ ...OWN, BTCW_APP_PROFILE: 'reference' })).toBe('reference');
    expect(() => nameFor({ BTCW_APP_PROFILE: 'nothing.yaml' })).toThrow(
      'BTCW_APP_PROFILE: should be "reference", "generic" or a YAML file that exists, got "nothing.yaml"',
    );
    expect(
      topologyFor(OWN)
        .services.filter(isOwn)
        .map(({ name }) => name),
    ).toEqual(['backend', 'frontend']);
  });

  it('says who logs in; where none does, the backend is the API', () => {
    const topology = topologyFor(OWN);
    expect(apiUpstream(topology, GENERIC_PROFILE).service).toBe('backend');
    expect(apiUpstream(topology, parseProfile('login: {path: /session}', 'a.yaml')).service).toBe('frontend');
  });
});

describe('a message', () => {
  it('is filled with values, and matched by what it has at least', () => {
    expect(asText(filled({ a: ['$topic', 1], b: 'x-$token' }, { topic: 't', token: 'k' }))).toBe(
      '{"a":["t",1],"b":"x-k"}',
    );
    expect(filled('$other', { topic: 't' })).toBe('$other');
    const pattern = { type: 'data', meta: { topic: '$topic' } };
    expect(matched(pattern, { type: 'data', meta: { topic: 'a', n: 1 }, x: 2 })).toEqual({ topic: 'a' });
    expect(matched(pattern, { type: 'data', meta: {} })).toBeUndefined();
    expect(matched(pattern, { type: 'pong', meta: { topic: 'a' } })).toBeUndefined();
    expect(matched({ type: 'pong' }, { type: 'pong' })).toEqual({});
  });
});

describe('a token', () => {
  it('is found where the profile says', () => {
    expect(tokenIn('{"data":{"jwt":"x"}}', { tokenKeys: ['data', 'jwt'] })).toBe('x');
    for (const body of ['', '<html>', '{"data":null}', '[]', 'null']) {
      expect(tokenIn(body, { tokenKeys: ['data', 'jwt'] })).toBe('');
    }
  });

  it('of another key keeps header and content to the byte', () => {
    const valid = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl';
    const forged = forgedToken(valid);
    expect(forged.split('.').slice(0, 2)).toEqual(valid.split('.').slice(0, 2));
    expect(forged).not.toBe(valid);
    expect(forgedToken('opaque')).not.toBe('opaque');
  });

  it('is got by a command for either form', () => {
    const login = { path: '/in', userField: 'email', passwordField: 'pw', tokenKeys: ['t'] };
    expect(loginCommand('http://h', { ...login, form: 'oauth2' }, 'me', 'file')).toBe(
      `tr -d '\\n' < file | curl -s http://h/in -d email=me --data-urlencode pw@-`,
    );
    expect(loginCommand('http://h', { ...login, form: 'json' }, 'me', 'file')).toContain(
      `printf '{"email":"me","pw":"%s"}' "$(cat file)" | curl`,
    );
  });
});

describe('a WebSocket of another shape', () => {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });

  /** An application. @param talk what it does with a connection */
  async function serve(
    talk: (socket: WebSocket, request: IncomingMessage) => void,
    accept: (request: IncomingMessage) => boolean = () => true,
  ): Promise<string> {
    const http = createServer();
    const sockets = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, stream, head) => {
      if (!accept(request)) return void stream.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
      sockets.handleUpgrade(request, stream, head, (socket) => talk(socket, request));
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    stops.push(() => {
      for (const client of sockets.clients) client.terminate();
      http.close();
    });
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  }

  const profileWith = (changes: Partial<WebSocketProfile> = {}): WebSocketProfile => ({
    path: '/ws',
    token: undefined,
    refusals: [401, 403],
    subscribe: undefined,
    data: { event: '$topic' },
    topics: [{ name: 'tick', deadlineSec: 2 }],
    heartbeat: { from: 'none' },
    ...changes,
  });

  it.each<[string, TokenTransport, (request: IncomingMessage) => string | undefined]>([
    [
      'query',
      { query: 'access' },
      ({ url }) => new URL(url ?? '', 'http://h').searchParams.get('access') ?? undefined,
    ],
    ['bearer', { header: 'Authorization' }, ({ headers }) => headers.authorization?.replace('Bearer ', '')],
    ['header', { header: 'X-Token' }, ({ headers }) => String(headers['x-token'])],
    [
      'subprotocol',
      { subprotocol: ['bearer', '$token'] },
      ({ headers }) => headers['sec-websocket-protocol']?.split(',')[1],
    ],
  ])('gets its token as %s', async (_, token, read) => {
    const base = await serve(
      () => {},
      (request) => read(request) === 'good',
    );
    const profile = profileWith({ token });
    expect(await handshake({ base, profile, token: 'good' })).toEqual({ status: 101 });
    expect(await handshake({ base, profile, token: 'bad' })).toEqual({ status: 401 });
  });

  it.each([
    ['a header', { header: 'X-Token' }, 'one\ntwo', /Invalid character in header content/],
    ['a subprotocol', { subprotocol: ['$token'] }, 'a==', /invalid or duplicated subprotocol/],
  ])('is not opened where %s cannot hold the token', async (_, transport, token, reason) => {
    const target = { base: 'http://127.0.0.1:9', profile: profileWith({ token: transport }), token };
    expect(await handshake(target)).toEqual({ status: expect.stringMatching(reason) });
    expect(await probeWebSocket(target, 100)).toMatchObject({ error: expect.stringMatching(reason) });
    expect(await soak(target, 100)).toMatchObject({ reason: expect.stringMatching(reason) });
  });

  it('gets its token in the first message, and closes for a wrong one', async () => {
    const base = await serve((socket) => {
      socket.on('message', (data) => {
        const { token } = JSON.parse(data.toString());
        if (token === 'good') socket.send('{"event":"tick"}');
        else if (token) socket.close(4401, 'who are you');
      });
    });
    const profile = profileWith({ token: { message: { type: 'auth', token: '$token' } } });
    expect(await handshake({ base, profile, token: 'bad' }, 2_000)).toEqual({
      status: 101,
      closed: '4401 who are you',
    });
    expect((await probeWebSocket({ base, profile, token: 'good' }, 2_000)).topics).toEqual(['tick']);
  });

  it("answers the server's pings, in words of its own and in the usual ones", async () => {
    const answers: string[] = [];
    const base = await serve((socket) => {
      socket.on('message', (data) => answers.push(data.toString()));
      socket.on('pong', () => answers.push('protocol'));
      socket.ping();
      socket.send('{"op":"hb","n":7}');
      socket.send('{"type":"ping","id":3}');
      setTimeout(() => socket.send('{"event":"tick"}'), 50);
    });
    const profile = profileWith({
      heartbeat: {
        from: 'server',
        message: { op: 'hb', n: '$n' },
        answer: { op: 'ack', n: '$n' },
        everySec: 5,
      },
    });
    const result = await probeWebSocket({ base, profile }, 2_000);
    expect(result).toMatchObject({ topics: ['tick'], pinged: true, timedOut: false });
    await soak({ base, profile: profileWith() }, 200);
    expect(answers).toEqual([
      ...['protocol', '{"op":"ack","n":"7"}', '{"type":"pong","id":3}'],
      ...['protocol', '{"type":"pong","id":3}'],
    ]);
  });

  it('lasts through a soak only where its pings are answered', async () => {
    const base = await serve((socket) => {
      const dead = setTimeout(() => socket.close(1000, 'no pong'), 300);
      socket.send('{"type":"ping"}');
      socket.on('message', () => clearTimeout(dead));
    });
    const result = await soak({ base, profile: profileWith({ topics: [] }) }, 600);
    expect(soakResult(profileWith({ topics: [] }), result, 0.6)).toMatchObject({ ok: true });
  });

  it('that closes is told with its reason, at once', async () => {
    const base = await serve((socket) => socket.close(1008, 'policy'));
    const result = await probeWebSocket({ base, profile: profileWith() }, 5_000);
    expect(result).toMatchObject({ error: 'closed: 1008 policy', topics: [] });
  });

  it('is judged by the deadline of each topic', () => {
    const profile = profileWith({
      topics: [
        { name: 'fast', deadlineSec: 1 },
        { name: 'slow', deadlineSec: 60 },
        { name: 'rare', deadlineSec: undefined },
      ],
    });
    const result = { topics: [], pongMs: undefined, error: '' };
    expect(topicsResult(profile, { ...result, arrivedMs: { fast: 900, slow: 50_000 } })).toEqual({
      ok: true,
      detail: 'fast, slow',
    });
    expect(topicsResult(profile, { ...result, arrivedMs: { fast: 5_000 }, error: 'unknown' })).toEqual({
      ok: false,
      detail: 'no data for fast, slow; unknown',
    });
    expect(pingResult(profile, result)).toEqual({ skipped: 'by its profile neither side pings' });
  });
});

describe('what verify says of an own application', () => {
  const topology = topologyFor(OWN);
  const typed = (status: number, contentType: string) => ({ ...answer(status), contentType });

  it('compares what is routed, where health is told and what the profile names; nothing of the reference', () => {
    const paths = (profile: Parameters<typeof routesOf>[1]) =>
      routesOf(topology, profile).map(({ path, service, isRouted }) => `${service} ${path} ${isRouted}`);
    expect(paths(GENERIC_PROFILE)).toEqual(['backend /api true', 'backend /health false']);
    const profile = parseProfile('login: { path: /api/in }\nwho: /api/me', 'a.yaml');
    expect(paths(profile)).toEqual([
      ...['backend /api true', 'backend /api/in true', 'backend /api/me true', 'backend /health false'],
    ]);
    expect(routesOf(topology, profileOf({ BTCW_APP_PROFILE: 'reference' }, topology))).toEqual([]);
  });

  it('finds a path of the backend that answers with the page', () => {
    const route = { path: '/docs', service: 'backend', base: '', isRouted: true };
    const [page, api] = [typed(200, 'text/html'), typed(404, 'application/json')];
    expect(routeResult(route, api, api)).toEqual({ ok: true, detail: 'status 404, application/json' });
    expect(routeResult(route, page, api)).toEqual({
      ok: false,
      detail: 'status 200, text/html; backend itself: status 404, application/json',
    });
    expect(routeResult({ ...route, isRouted: false }, page, api)).toEqual({
      skipped: expect.stringMatching(
        /^\/docs is not routed to backend: status 200, text\/html comes from elsewhere/,
      ),
    });
  });

  it('takes a page that asks for a login for one, and a missing one only of an application without pages', () => {
    const ok = (status: number, mayBeMissing = false) => pageResult(answer(status), { mayBeMissing });
    expect([200, 401, 403].map((status) => ok(status)).every((result) => 'ok' in result && result.ok)).toBe(
      true,
    );
    expect([0, 404, 500, 502].map((status) => ok(status))).toEqual(
      [0, 404, 500, 502].map(() => expect.objectContaining({ ok: false })),
    );
    expect(ok(404, true)).toMatchObject({ ok: true });
    expect(ok(502, true)).toMatchObject({ ok: false });
  });

  it('says what helps against a login that gives no token', () => {
    const profile = parseProfile('login: { path: /in }', 'a.yaml');
    const who = { user: 'admin', passwordFile: 'secrets/p', log: 'docker logs x' };
    expect(loginFix(profile, who, { status: 401 })).toMatch(
      /^make a user "admin" with the password in secrets\/p/,
    );
    expect(loginFix(profile, who, { status: 500 })).toBe('docker logs x');
    expect(loginFix(profile, who, { status: 404 })).toMatch(/compare login in a\.yaml/);
  });

  it('looks for the token in a log whatever else is expected there', () => {
    expect(logResult('GET /ws?token=abc', undefined, 'abc')).toEqual({
      ok: false,
      detail: 'the token is in the log',
    });
    expect(logResult('connected', undefined, 'abc')).toMatchObject({ ok: true });
    expect(logResult('connected', 'joined', 'abc')).toEqual({ ok: false, detail: 'no line joined' });
  });
});

describe('an application that runs on the host', () => {
  it('has no container whose log could be read, and is pointed to itself', async () => {
    const topology = topologyFor({ BTCW_BACKEND_ADDRESS: '172.17.0.1:21350' });
    const profile = parseProfile(EXAMPLE, 'app.yaml');
    const checks = logChecks(topology, profile, 'admin', async () => 'token', []);
    expect(checks.map(({ name }) => name)).toEqual([
      'nginx log: 101, without the token',
      'backend log: client connected',
    ]);
    expect(await checks[1]?.run()).toEqual({ skipped: 'it runs on this host, in no container' });
    expect(routesOf(topology, GENERIC_PROFILE)[0]?.base).toBe('http://172.17.0.1:21350');
  });
});
