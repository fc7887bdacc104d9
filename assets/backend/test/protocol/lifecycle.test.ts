import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Backend, Home } from '../support/backend.ts';
import { TestClient } from '../support/client.ts';
import { FakeExchange } from '../support/exchange.ts';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.remove());

describe('SIGTERM', () => {
  it('closes sockets with 1012 and a reason and ends with exit code 0', async () => {
    const backend = await Backend.start(home);
    const client = await TestClient.connect(backend);
    const began = Date.now();
    const [code, closed] = await Promise.all([backend.stop('SIGTERM'), client.closed]);
    expect(closed).toEqual({ code: 1012, reason: 'service restart' });
    expect(code).toBe(0);
    expect(Date.now() - began).toBeLessThan(1_000);
    expect(backend.output).toMatch(/disconnected \(user: admin\): 1012 service restart/);
  });

  it('ends within 5 s even if a client never answers the close and a request hangs', async () => {
    const backend = await Backend.start(home);
    const client = await TestClient.connect(backend);
    client.socket.pause();
    const { connect } = await import('node:net');
    const hanging = connect(backend.port, '127.0.0.1');
    hanging.on('error', () => {});
    hanging.write('POST /api/v1/auth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n');
    await once(hanging, 'connect');
    const began = Date.now();
    const code = await backend.stop('SIGTERM');
    expect(code).toBe(0);
    expect(Date.now() - began).toBeLessThan(5_000);
    client.socket.terminate();
    hanging.destroy();
  });

  it('refuses new connections at once', async () => {
    const backend = await Backend.start(home);
    const client = await TestClient.connect(backend);
    client.socket.pause();
    const stopped = backend.stop('SIGTERM');
    await backend.logLine(/SIGTERM: closing connections/);
    await expect(backend.fetch('/health')).rejects.toThrow('fetch failed');
    await stopped;
    client.socket.terminate();
  });
});

describe('the process ends with exit code 1 and one clear line', () => {
  it.each([
    [
      'the password file is missing',
      { ADMIN_PASSWORD_FILE: '/nowhere/pw' },
      /ADMIN_PASSWORD_FILE: should be .* got "\/nowhere\/pw"\. Mount/,
    ],
    [
      'the secret is too short',
      { JWT_SECRET_FILE: '/proc/sys/kernel/ostype' },
      /JWT_SECRET_FILE: should be .* at least 32 bytes/,
    ],
    [
      'the data folder is missing',
      { DATA_DIR: '/nowhere' },
      /DATA_DIR: should be a writable folder, got "\/nowhere"/,
    ],
    ['the port is no port', { PORT: 'http' }, /PORT: should be a whole number from 0 to 65535, got "http"/],
    [
      'the feed is no WebSocket',
      { PRICE_FEED_URL: 'http://u:pw@x/?key=k1' },
      /PRICE_FEED_URL: should be a ws:\/\/ .* got "http:\/\/\.\.\.@x\/\?\.\.\."/,
    ],
  ])('when %s', async (_case, env, pattern) => {
    const backend = await Backend.runToEnd({ ...home.env, ...env });
    expect(await backend.exited).toBe(1);
    expect(backend.output).toMatch(pattern);
    expect(backend.output.trim().split('\n')).toHaveLength(1);
  });

  it('when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = String((taken.address() as { port: number }).port);
    const backend = await Backend.runToEnd({ ...home.env, PORT: port });
    taken.close();
    expect(await backend.exited).toBe(1);
    expect(backend.output).toMatch(
      new RegExp(`PORT: should be free on 127.0.0.1, got "${port}" .*EADDRINUSE`),
    );
  });
});

describe('the health check mode', () => {
  const healthcheck = (port: number) =>
    spawnSync(process.execPath, [join(import.meta.dirname, '../../dist/server.mjs'), 'healthcheck'], {
      env: { PORT: String(port) },
      encoding: 'utf8',
    });

  it('tells by its exit code whether the backend answers', async () => {
    const backend = await Backend.start(home);
    expect(healthcheck(backend.port).status).toBe(0);
    await backend.stop();
    const { status, stderr } = healthcheck(backend.port);
    expect(status).toBe(1);
    expect(stderr).toContain('ECONNREFUSED');
  });
});

it('loses no published signal when it is killed in the middle of writing', async () => {
  const exchange = await FakeExchange.start();
  const env = { PRICE_FEED_URL: exchange.url };
  const backend = await Backend.start(home, env);
  const client = await TestClient.connect(backend);
  client.send({ type: 'subscribe', topic: 'signals' });
  await client.find({ type: 'data', topic: 'signals' });
  // A wave around the mean crosses both averages again and again: thousands of candles, hundreds of signals.
  let time = Date.now() - 86_400_000;
  let n = 0;
  const writing = setInterval(() => {
    for (let burst = 0; burst < 20; burst++, time += 5_000)
      exchange.trade(60_000 + 500 * Math.sin(n++ / 6), time);
  }, 5);
  const published = () =>
    new Set(client.messages.flatMap((m) => (m.payload as { new_ids?: number[] })?.new_ids ?? []));
  while (published().size < 200) await new Promise((resolve) => setTimeout(resolve, 5));
  await backend.stop('SIGKILL');
  clearInterval(writing);
  const ids = published();

  const db = new DatabaseSync(join(home.path, 'btc-watcher.db'));
  expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  db.close();
  const again = await Backend.start(home, env);
  const { signals } = await again.getJson('/api/v1/signals?limit=5000');
  const kept = new Set((signals as { id: number }[]).map(({ id }) => id));
  expect([...ids].filter((id) => !kept.has(id))).toEqual([]);
  expect(ids.size).toBeGreaterThanOrEqual(200);
  await again.stop();
  await exchange.stop();
});
