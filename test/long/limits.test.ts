/** nginx with as many connections, slow bodies and uploads as it takes by default, and more. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type WebSocket from 'ws';
import { echo, eventually, portsFrom, TestDeployment } from '../support/deployment.ts';
import { drip, postRequest, RawClient, tally, webSocketRequest } from '../support/raw-client.ts';

const CONNECTIONS = 2_500;
const SLOW_BODIES = 3_000;
const HELD = 20;
const MINUTE_MS = 60_000;

const deployment = new TestDeployment('btcw-limits-long', portsFrom(28_500));
let held: WebSocket[] = [];
let clients: RawClient[] = [];

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  for (const client of clients) client.close();
  clients = [];
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  for (const socket of held) socket.terminate();
  await deployment.remove();
});

const PAUSE_MS = 50;
/** Clients one burst after the other, from eight addresses. */
async function open(count: number, text: string, inBurst: number): Promise<RawClient[]> {
  while (clients.length < count) {
    for (let index = 0; index < Math.min(inBurst, count - clients.length); index += 1) {
      clients.push(new RawClient(deployment.local, text, `127.0.0.${2 + (clients.length % 8)}`));
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return clients;
}
const pid = async () => (await deployment.inspect('nginx')).State.Pid;

describe('nginx', () => {
  it(
    `serves exactly ${CONNECTIONS} connections, and answers 503 to each of the rest`,
    async () => {
      const before = await pid();
      const sockets = await open(CONNECTIONS + 200, webSocketRequest(await deployment.token()), 25);
      const counts = await eventually(
        async () => tally(sockets),
        (tallied) => !tallied.open,
        MINUTE_MS,
      );
      expect(counts).toEqual({ 101: CONNECTIONS, 503: 200 });
      expect(await pid()).toBe(before);
    },
    3 * MINUTE_MS,
  );

  it(
    `serves others while ${SLOW_BODIES} bodies come slowly, and ends each of them`,
    async () => {
      const token = await deployment.token();
      held = await Promise.all(
        Array.from({ length: HELD }, () => deployment.socket(deployment.public, token)),
      );
      const slow = await open(SLOW_BODIES, postRequest(9_000), 50);
      for (const client of slow) drip(client, 3_000);
      const pages: number[] = [];
      const during = async () => {
        const startedMs = Date.now();
        const { status } = await fetch(deployment.public);
        pages.push(Date.now() - startedMs);
        expect(status).toBe(200);
      };
      for (let count = 0; count < 10; count += 1) {
        await during();
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      const counts = tally(slow);
      console.log('during', counts, 'pages', pages.sort((a, b) => a - b).join(' '), 'ms');
      expect(counts[503]).toBeGreaterThan(0);
      const times = await Promise.all(
        slow.filter(({ status }) => status !== 503).map(({ closed }) => closed),
      );
      console.log('bodies', times.length, 'ended by', Math.max(...times), 'ms');
      expect(Math.max(...times)).toBeLessThan(25_000);
      expect(await Promise.all(held.map((socket) => echo(socket)))).toEqual(Array(HELD).fill(true));
      expect((await deployment.inspect('nginx')).State.OOMKilled).toBe(false);
    },
    3 * MINUTE_MS,
  );
});
