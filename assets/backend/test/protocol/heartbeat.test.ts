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

it('cuts a silent client after 30 s, and keeps a passive one that answers protocol pings', async () => {
  const began = Date.now();
  const passive = await TestClient.connect(backend);
  const silent = await TestClient.connect(backend, backend.token(), { autoPong: false });
  await silent.find({ type: 'ping' }, 12_000);
  expect(Date.now() - began).toBeGreaterThan(9_000);
  expect((await silent.closed).code).toBe(1006);
  const lasted = Date.now() - began;
  expect(lasted).toBeGreaterThan(29_000);
  expect(lasted).toBeLessThan(34_000);
  await backend.logLine(/disconnected \(user: admin\): 1006 nothing heard for 30 s/);
  expect(passive.socket.readyState).toBe(passive.socket.OPEN);
  passive.send({ type: 'ping' });
  await passive.find({ type: 'pong' });
  expect(passive.messages.filter(({ type }) => type === 'ping').length).toBeGreaterThanOrEqual(3);
}, 40_000);
