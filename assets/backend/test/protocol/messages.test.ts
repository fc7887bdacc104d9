import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Backend, Home } from '../support/backend.ts';
import { TestClient } from '../support/client.ts';

const TOPICS = ['monitoring', 'strategies', 'signals', 'capacity'];
const home = new Home();
let backend: Backend;

beforeAll(async () => {
  backend = await Backend.start(home);
});
afterAll(async () => {
  await backend.stop();
  home.remove();
});

it('greets with id, user, topics and the heartbeat in seconds', async () => {
  const client = await TestClient.connect(backend);
  const greeting = await client.find({ type: 'connected' });
  expect(greeting).toMatchObject({
    user: 'admin',
    heartbeat_interval: 10,
    heartbeat_timeout: 30,
    topics: TOPICS,
  });
  expect(greeting.client_id).toMatch(/^admin_[0-9a-f]{8}$/);
  await backend.logLine(new RegExp(`WebSocket client ${greeting.client_id} connected \\(user: admin\\)`));
  client.socket.close(1000, 'done');
  await backend.logLine(new RegExp(`client ${greeting.client_id} disconnected \\(user: admin\\): 1000 done`));
});

it.each(TOPICS)('confirms a subscription to %s and sends its current data at once', async (topic) => {
  const client = await TestClient.connect(backend);
  const began = performance.now();
  client.send({ type: 'subscribe', topic });
  await client.find({ type: 'subscribed', topic });
  const data = await client.find({ type: 'data', topic }, 1_000);
  expect(performance.now() - began).toBeLessThan(500);
  const source = ['monitoring', 'capacity'].includes(topic) ? 'measured' : 'simulated';
  expect(data).toMatchObject({ source, payload: expect.anything() });
  expect(Date.parse(data.timestamp as string)).toBeGreaterThan(Date.now() - 6_000);
  client.socket.close();
});

it('numbers the messages of a topic one after another, and stops after unsubscribe', async () => {
  const client = await TestClient.connect(backend);
  client.send({ type: 'subscribe', topic: 'monitoring' });
  const first = await client.find({ type: 'data' });
  const seq = first.seq as number;
  await client.find({ type: 'data', seq: seq + 1 });
  await client.find({ type: 'data', seq: seq + 2 });
  client.send({ type: 'unsubscribe', topic: 'monitoring' });
  await client.find({ type: 'unsubscribed', topic: 'monitoring' });
  const before = client.messages.length;
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(client.messages.length).toBe(before);
  client.socket.close();
});

it('measures the machine it runs on', async () => {
  const client = await TestClient.connect(backend);
  client.send({ type: 'subscribe', topic: 'monitoring' });
  client.send({ type: 'subscribe', topic: 'capacity' });
  const monitoring = (await client.find({ topic: 'monitoring', type: 'data' })).payload;
  const share = {
    used_bytes: expect.any(Number),
    total_bytes: expect.any(Number),
    percent: expect.any(Number),
  };
  expect(monitoring).toMatchObject({
    scope: expect.stringMatching(/^(host|container)$/),
    cpu: { percent: expect.any(Number), cores: expect.any(Number) },
    memory: share,
    disk: share,
    load: [expect.any(Number), expect.any(Number), expect.any(Number)],
    event_loop_delay_ms: { p50: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) },
    connections: expect.any(Number),
  });
  const capacity = (await client.find({ topic: 'capacity', type: 'data' })).payload as Record<
    string,
    unknown
  >;
  expect(capacity).toMatchObject({
    connections: { max: 5_000 },
    headroom: { connections: expect.any(Number), limited_by: expect.any(String) },
  });
  expect(capacity.database_bytes).toBeGreaterThan(1_000);
  client.socket.close();
});

describe('ping', () => {
  it.each([{}, { id: 7 }, { id: 'a' }])('is answered by pong with the same id: %o', async (fields) => {
    const client = await TestClient.connect(backend);
    client.send({ type: 'ping', ...fields });
    expect(await client.find({ type: 'pong' })).toEqual({ type: 'pong', ...fields });
    client.socket.close();
  });

  it('of the protocol itself is answered too', async () => {
    const client = await TestClient.connect(backend);
    const pong = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.ping('hello');
    expect(String(await pong)).toBe('hello');
    client.socket.close();
  });
});

describe('an error message answers', () => {
  it.each([
    ['an unknown topic', '{"type":"subscribe","topic":"weather"}', 'unknown_topic'],
    ['a topic that is no string', '{"type":"subscribe","topic":1}', 'bad_message'],
    ['a missing topic', '{"type":"unsubscribe"}', 'bad_message'],
    ['bad JSON', '{"type":', 'bad_json'],
    ['JSON that is no object', '[1,2]', 'bad_message'],
    ['null', 'null', 'bad_message'],
    ['no type', '{}', 'unknown_type'],
    ['an unknown type', '{"type":"constructor"}', 'unknown_type'],
    ['an id that is an object', '{"type":"ping","id":{}}', 'bad_message'],
    ['an empty message', '', 'bad_json'],
  ])('%s, and the socket stays usable', async (_case, text, code) => {
    const client = await TestClient.connect(backend);
    client.send(text);
    const error = await client.find({ type: 'error' });
    expect(error).toMatchObject({ code, text: expect.stringMatching(/\w/) });
    client.send({ type: 'ping' });
    await client.find({ type: 'pong' });
    client.socket.close();
  });

  it('a binary message', async () => {
    const client = await TestClient.connect(backend);
    client.socket.send(Buffer.from('{"type":"ping"}'));
    expect(await client.find({ type: 'error' })).toMatchObject({ code: 'bad_json' });
    client.socket.close();
  });

  it('more than 64 KiB, followed by close 1009; 64 KiB exactly are let through', async () => {
    const client = await TestClient.connect(backend);
    client.send('x'.repeat(65_536));
    expect(await client.find({ type: 'error' })).toMatchObject({ code: 'bad_json' });
    client.send('x'.repeat(65_537));
    await client.find({ type: 'error', code: 'too_large' });
    expect((await client.closed).code).toBe(1009);
  });

  it('nothing at all to more than 256 KiB: they are closed with 1009 unread', async () => {
    const client = await TestClient.connect(backend);
    client.send('x'.repeat(300_000));
    expect((await client.closed).code).toBe(1009);
    expect(client.messages.filter(({ type }) => type === 'error')).toEqual([]);
  });
});

describe('the rate limit', () => {
  const until = (client: TestClient, count: number) => {
    for (let n = 0; n < count; n++) client.send({ type: 'ping', id: n });
  };

  it('answers the 101st message of a minute with an error', async () => {
    const client = await TestClient.connect(backend);
    until(client, 101);
    await client.find({ type: 'error', code: 'rate_limited' });
    expect(client.messages.filter(({ type }) => type === 'pong')).toHaveLength(100);
    client.socket.close();
  });

  it('closes with 1008 who goes on to 201', async () => {
    const client = await TestClient.connect(backend);
    until(client, 210);
    expect(await client.closed).toEqual({ code: 1008, reason: 'rate limit ignored' });
  });

  it("counts the protocol's own pings too", async () => {
    const client = await TestClient.connect(backend);
    for (let n = 0; n < 210; n++) client.socket.ping();
    expect((await client.closed).code).toBe(1008);
  });
});

it('closes with 4401 when the token expires', async () => {
  const client = await TestClient.connect(backend, backend.token(2));
  expect(await client.closed).toEqual({ code: 4401, reason: 'token expired: log in again' });
});

it('counts connections, subscriptions and messages in the stats, without a token', async () => {
  const stats = async () =>
    (await (await backend.fetch('/api/v1/ws/stats')).json()) as Record<string, number>;
  const before = await stats();
  const client = await TestClient.connect(backend);
  client.send({ type: 'subscribe', topic: 'capacity' });
  await client.find({ type: 'data' });
  const after = await stats();
  expect(after).toMatchObject({ topics: { capacity: 1, signals: 0 }, dropped: 0, max_connections: 5_000 });
  expect((after.accepted_connections ?? 0) - (before.accepted_connections ?? 0)).toBe(1);
  expect((after.messages_in ?? 0) - (before.messages_in ?? 0)).toBe(1);
  expect((after.messages_out ?? 0) - (before.messages_out ?? 0)).toBeGreaterThanOrEqual(3);
  expect(after.uptime_seconds).toBeTypeOf('number');
  client.socket.close();
});
