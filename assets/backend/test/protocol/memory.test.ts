import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Backend, Home } from '../support/backend.ts';
import { TestClient } from '../support/client.ts';

const AT_ONCE = 50;
const home = new Home();
let backend: Backend;

beforeAll(async () => {
  // A small heap, so that what is garbage does not look like a leak.
  const NODE_OPTIONS = '--max-old-space-size=64 --max-semi-space-size=1';
  backend = await Backend.start(home, { NODE_OPTIONS });
});
afterAll(async () => {
  await backend.stop();
  home.remove();
});

function residentMiB(): number {
  const status = readFileSync(`/proc/${backend.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function connectAndLeave(token: string): Promise<void> {
  const client = await TestClient.connect(backend, token);
  client.send({ type: 'subscribe', topic: 'signals' });
  await client.find({ type: 'data' });
  client.socket.terminate();
  await client.closed;
}

async function connectMany(count: number): Promise<void> {
  const token = backend.token();
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => connectAndLeave(token)));
  }
}

it('needs no more memory after 10,000 connects', async () => {
  await connectMany(2_000);
  const before = residentMiB();
  await connectMany(10_000);
  const growth = residentMiB() - before;
  console.log(`memory: ${before.toFixed(1)} MiB, ${growth.toFixed(1)} MiB more after 10,000 connects`);
  // A leak of 1 KiB per connect would be 10 MiB.
  expect(growth).toBeLessThan(8);
}, 300_000);
