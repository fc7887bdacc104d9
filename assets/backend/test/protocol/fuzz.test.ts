import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Backend, Home } from '../support/backend.ts';
import { TestClient } from '../support/client.ts';

const home = new Home();
let backend: Backend;

beforeAll(async () => {
  backend = await Backend.start(home);
});
afterAll(async () => {
  await backend.stop();
  home.remove();
});

/** A socket behind the 101 on which any bytes can be sent. */
async function rawWebSocket(): Promise<Socket> {
  const socket = connect(backend.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `GET /api/v1/ws?token=${backend.token()} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const [head] = await once(socket, 'data');
  expect(String(head)).toMatch(/^HTTP\/1\.1 101 /);
  socket.resume();
  return socket;
}

/** A frame whose header fields need not be valid nor fit its payload. */
const frame = fc
  .record({
    first: fc.oneof(
      fc.constantFrom(0x81, 0x82, 0x88, 0x89, 0x8a, 0x01, 0x80),
      fc.integer({ min: 0, max: 255 }),
    ),
    masked: fc.boolean(),
    length: fc.option(fc.nat({ max: 127 }), { freq: 4 }),
    payload: fc.uint8Array({ maxLength: 120 }),
  })
  .map(({ first, masked, length, payload }) => {
    const second = (length ?? payload.length) | (masked ? 0x80 : 0);
    const mask = masked ? [0, 0, 0, 0] : [];
    return Buffer.from([first, second, ...mask, ...payload]);
  });

const text = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc
    .record({
      type: fc.constantFrom('subscribe', 'unsubscribe', 'ping', 'pong', '__proto__'),
      topic: fc.oneof(fc.constantFrom('signals', 'capacity', 'toString'), fc.jsonValue()),
      id: fc.jsonValue(),
    })
    .map((message) => JSON.stringify(message)),
);

it('survives any sequence of frames', async () => {
  const sequences = fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 12 }), async (frames) => {
    const socket = await rawWebSocket();
    for (const bytes of frames) socket.write(bytes);
    socket.end();
    await once(socket, 'close');
    expect(backend.process.exitCode).toBeNull();
    expect((await backend.fetch('/health')).status).toBe(200);
  });
  await fc.assert(sequences, { numRuns: 300 });
  const stats = (await (await backend.fetch('/api/v1/ws/stats')).json()) as Record<string, unknown>;
  expect(stats.connections).toBe(0);
}, 30_000);

it('answers any text with a message of the protocol', async () => {
  const anyText = fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (texts) => {
    const client = await TestClient.connect(backend);
    for (const one of texts) client.send(one);
    client.send({ type: 'ping', id: 'the last one' });
    await client.find({ type: 'pong', id: 'the last one' });
    const known = ['connected', 'subscribed', 'unsubscribed', 'data', 'ping', 'pong', 'error'];
    expect(known).toEqual(expect.arrayContaining(client.messages.map(({ type }) => type)));
    client.socket.close();
    await client.closed;
  });
  await fc.assert(anyText, { numRuns: 150 });
}, 30_000);
