import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { follow } from '../../scripts/commands/logs.ts';
import { REFERENCE_PROFILE } from '../../scripts/lib/app-profile.ts';
import { answerText, ask, askPage } from '../../scripts/lib/http.ts';
import { byTime, isLater, lastError, logLine } from '../../scripts/lib/log-lines.ts';
import { redactor } from '../../scripts/lib/redact.ts';
import { establishedOn } from '../../scripts/status/connections.ts';
import { cpuPercent } from '../../scripts/status/usage.ts';
import { baseUrl } from '../../scripts/verify/remote.ts';

describe('connections', () => {
  it('are the established ones on the ports, and neither waiting ones nor those from it', () => {
    const table = `  sl  local_address rem_address   st
   0: 00000000:2135 00000000:0000 0A
   1: 030011AC:2135 010011AC:A1B2 01
   2: 030011AC:2135 010011AC:A1B3 06
   3: 030011AC:A001 010011AC:2135 01
   4: 030011AC:213A 010011AC:A1B4 01`;
    expect(establishedOn(table, [8501])).toBe(1);
    expect(establishedOn(table, [8501, 8506])).toBe(2);
  });
});

describe('CPU', () => {
  const usage = (cpuNs: number, systemNs: number) => ({
    cpuNs,
    systemNs,
    cpus: 2,
    memoryBytes: 0,
    memoryLimitBytes: 0,
  });
  it('is in percent of one CPU, and unknown without time between the readings', () => {
    expect(cpuPercent(usage(0, 0), usage(50, 200))).toBe(50);
    expect(cpuPercent(usage(0, 5), usage(50, 5))).toBeUndefined();
    expect(cpuPercent(usage(90, 0), usage(10, 200))).toBe(0);
  });
});

describe('log lines', () => {
  const line = (service: string, text: string) => {
    const read = logLine(service, text);
    if (!read) throw new Error(text);
    return read;
  };

  it('are merged by time, also where Docker leaves zeros out', () => {
    const lines = [
      line('nginx', '2026-11-22T12:00:00.5Z third'),
      line('frpc', '2026-11-22T12:00:00.45Z second'),
      line('backend', '2026-11-22T12:00:00Z first'),
    ];
    expect(byTime(lines).map(({ text }) => text)).toEqual(['first', 'second', 'third']);
  });

  it('are compared by time where a fraction lost its zeros', () => {
    expect(isLater('2026-11-22T12:00:00.123Z', '2026-11-22T12:00:00.12Z')).toBe(true);
    expect(isLater('2026-11-22T12:00:00Z', '2026-11-22T12:00:00.1Z')).toBe(false);
  });

  it('without a time are no lines', () => {
    expect(logLine('nginx', 'Error response from daemon')).toBeUndefined();
    expect(logLine('nginx', '2026-11-22T12:00:00Z ')).toMatchObject({ text: '' });
  });

  it('tell the last error in the words of each program, and no harmless line', () => {
    const error = (text: string) => lastError([line('x', `2026-11-22T12:00:00Z ${text}`)])?.text;
    for (const text of [
      '[error] 7#7: connect() failed',
      '2026 ERROR boom',
      '[E] [client] no',
      'panic: runtime',
      '[W] connect to server error: dial',
    ]) {
      expect(error(text)).toBe(text);
    }
    expect(error('"GET / HTTP/1.1" 200')).toBeUndefined();
    expect(error('GET /terrors 200')).toBeUndefined();
  });
});

describe('a followed log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'btcw-logs-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => vi.unstubAllEnvs());

  /** A docker client that runs the next of these scripts each time, and the last one from then on. */
  function standIn(...scripts: string[]): () => string[] {
    const [calls, program] = [join(folder, 'calls'), join(folder, 'docker')];
    const cases = scripts.map(
      (script, index) => `${index === scripts.length - 1 ? '*' : index}) ${script} ;;`,
    );
    writeFileSync(calls, '');
    const count = `$(wc -l < ${calls})`;
    writeFileSync(
      program,
      `#!/bin/sh\nn=${count}\necho "$@" >> ${calls}\ncase $n in\n${cases.join('\n')}\nesac\n`,
      {
        mode: 0o755,
      },
    );
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
    return () => readFileSync(calls, 'utf8').trim().split('\n');
  }
  const says = (text: string) => `echo '${text}'`;
  const fails = (text: string) => `echo '${text}' >&2; exit 1`;
  const absent = fails('Error response from daemon: No such container: x-nginx');
  const denied = fails('permission denied while trying to connect to the Docker daemon socket');
  const first = '2026-11-22T12:00:00.1Z first';

  it('goes on with a replaced container, without a line twice, until the log cannot be read any more', async () => {
    const again = `${says(first)}; ${says('2026-11-22T12:00:00.25Z third')}; echo '2026-11-22T12:00:00.2Z second' >&2`;
    const calls = standIn(says(first), absent, absent, again, fails('unexpected EOF'), says(''), denied);
    const texts: string[] = [];
    const following = follow(
      { name: 'x-nginx', service: 'nginx' },
      { tail: 7 },
      ({ text }) => texts.push(text),
      1,
    );
    await expect(following).rejects.toThrow(/log of x-nginx cannot be read: permission denied/);
    expect(texts.toSorted()).toEqual(['first', 'second', 'third']);
    expect(calls()).toHaveLength(8);
    expect(calls().at(0)).toContain('--tail 7 --follow x-nginx');
    expect(calls().at(-1)).toContain('--since 2026-11-22T12:00:00.25Z --follow x-nginx');
  });
});

describe('an address to verify', () => {
  it('is taken without its last slash', () => {
    expect(baseUrl('https://frp.example.org:60001/')).toBe('https://frp.example.org:60001');
  });

  it.each([
    ['http://127.0.0.1:9 ', 'http://127.0.0.1:9'],
    ['HTTPS://127.0.0.1:9/app/?a=1#/login', 'https://127.0.0.1:9/app'],
  ])('is what paths are put behind: %j', (text, expected) => {
    expect(baseUrl(text)).toBe(expected);
  });

  it('has an answer also where it cannot be asked', async () => {
    expect(await ask('http://127.0.0.1:9 /api')).toMatchObject({ status: 0, error: 'Invalid URL' });
    const headers = { authorization: 'Bearer a\nb' };
    const { error } = await ask('http://127.0.0.1:9/', { headers });
    expect(error).toContain('Invalid character in header content');
  });

  it.each(['', 'frp.example.org', 'ftp://frp.example.org'])('fails when it is "%s"', (text) => {
    expect(() => baseUrl(text)).toThrow(/--url: should be an address such as "http:/);
  });
});

describe('a page', () => {
  let server: Server;
  let base = '';
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/login' });
      if (request.url === '/again') response.writeHead(302, { location: '/again' });
      response.end(`at ${request.url}`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('is followed through redirects, and not for ever', async () => {
    expect(await askPage(`${base}/`)).toMatchObject({ status: 200, body: 'at /login' });
    expect(await askPage(`${base}/again`)).toMatchObject({ status: 302 });
    expect(await ask(`${base}/`)).toMatchObject({ status: 302, location: '/login' });
  });

  it('fails when nothing listens, with the reason instead of a status', async () => {
    const answer = await ask('https://127.0.0.1:9/');
    expect(answer).toMatchObject({ status: 0, error: 'ECONNREFUSED' });
    expect([answerText(answer), answerText({ status: 403, error: '' })]).toEqual([
      'ECONNREFUSED',
      'status 403',
    ]);
  });
});

describe('secrets', () => {
  it('are taken out by value, by shape and from query strings; short values hide nothing', () => {
    const redact = redactor(['s3cret-password', 'ab']);
    expect(redact('ab s3cret-password?')).toBe('ab ***?');
    expect(redact('Bearer eyJhbGciOi.eyJzdWIi.c2ln end')).toBe('Bearer *** end');
    expect(redact('GET /api/v1/ws?token=abc&x=1 HTTP/1.1')).toBe('GET /api/v1/ws?token=***&x=1 HTTP/1.1');
  });
});

describe('the reference application', () => {
  const source = (path: string) => readFileSync(`assets/backend/src/${path}`, 'utf8');

  it('has the topics and paths that scripts ask for', () => {
    const [, topics = ''] =
      /export const TOPICS = \[(.*)\] as const/.exec(source('realtime/protocol.ts')) ?? [];
    expect([...topics.matchAll(/'(\w+)'/g)].map(([, topic]) => topic)).toEqual(
      REFERENCE_PROFILE.webSocket.topics.map(({ name }) => name),
    );
    expect(source('realtime/routes.ts')).toContain(`WEBSOCKET_PATH = '${REFERENCE_PROFILE.webSocket.path}'`);
    expect(source('auth/routes.ts')).toContain(`app.post('${REFERENCE_PROFILE.login.path}'`);
  });
});
