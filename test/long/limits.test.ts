/** nginx with as many connections, slow bodies and uploads as it takes by default, and more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type WebSocket from 'ws';
import { oldWorkersOf } from '../../scripts/docker/old-workers.ts';
import { RELOAD_COMMAND } from '../../stacks/topology/nginx.ts';
import { OLD_WORKERS } from '../../stacks/topology/nginx-capacity.ts';
import { docker, echo, eventually, portsFrom, TestDeployment } from '../support/deployment.ts';
import {
  closeRawClients,
  drip,
  PONG,
  postRequest,
  RawClient,
  rawClients,
  tally,
  webSocketRequest,
} from '../support/raw-client.ts';

const CONNECTIONS = 2_500;
const SLOW_BODIES = 3_000;
const HELD = 20;
const SOCKETS = 500;
const RELOADS = 200;
const MINUTE_MS = 60_000;

const deployment = new TestDeployment('btcw-limits-long', portsFrom(28_500));
let held: WebSocket[] = [];

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  closeRawClients();
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  for (const socket of held) socket.terminate();
  await deployment.remove();
});

/** Clients in bursts, from eight addresses. */
async function open(
  count: number,
  text: string,
  { burst, afterEach: next }: { burst: number; afterEach: (opened: RawClient[]) => Promise<unknown> },
): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < count) {
    const opened = Array.from({ length: Math.min(burst, count - clients.length) }, (_, index) => {
      return new RawClient(deployment.local, text, `127.0.0.${2 + (index % 8)}`);
    });
    clients.push(...opened);
    await next(opened);
  }
  return clients;
}
const answered = (opened: RawClient[]) =>
  eventually(
    async () => tally(opened),
    ({ open: without }) => !without,
    MINUTE_MS,
  );
/** @example '61.3MiB / 367MiB' */
const memory = () =>
  docker('stats', '--no-stream', '--format', '{{.MemUsage}}', deployment.container('nginx'));
const pid = async () => (await deployment.inspect('nginx')).State.Pid;

describe('nginx', () => {
  it(
    `serves exactly ${CONNECTIONS} connections, and answers 503 to each of the rest`,
    async () => {
      const before = await pid();
      const timer = setInterval(() => {
        for (const { status, isOpen, socket } of rawClients) if (isOpen && status === 101) socket.write(PONG);
      }, 10_000);
      // No faster than the backend takes them.
      const all = { burst: 50, afterEach: answered };
      const sockets = await open(CONNECTIONS + 200, webSocketRequest(await deployment.token()), all);
      clearInterval(timer);
      const counts = tally(sockets);
      console.log('connections', counts, await memory());
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
      const slow = await open(SLOW_BODIES, postRequest(9_000), { burst: 50, afterEach: () => sleep(50) });
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
        await sleep(500);
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

  it(
    `drops no socket in ${RELOADS} reloads but those of workers that are too old`,
    async () => {
      const token = await deployment.token();
      let reloads = 0;
      let handshakes = 0;
      let ends = 0;
      const early: number[] = [];
      const failures: string[] = [];
      const sockets = new Set<WebSocket>();
      const connectAgain = async () => {
        const openedAt = reloads;
        handshakes += 1;
        try {
          const socket = await deployment.socket(deployment.local, token);
          sockets.add(socket);
          socket.on('close', () => {
            sockets.delete(socket);
            if (isOver) return;
            ends += 1;
            // One that is opened right after a reload may still get the worker from before it.
            if (reloads - openedAt < OLD_WORKERS - 1) early.push(reloads - openedAt);
            void connectAgain();
          });
        } catch (error) {
          failures.push(String(error));
        }
      };
      let isOver = false;
      for (let count = 0; count < SOCKETS; count += 50)
        await Promise.all(Array.from({ length: 50 }, () => connectAgain()));
      const before = await pid();
      const samples: string[] = [];
      for (; reloads < RELOADS; ) {
        reloads += 1;
        await docker('exec', deployment.container('nginx'), ...RELOAD_COMMAND);
        await connectAgain();
        if (reloads % 20 === 0) samples.push(`${reloads}: ${await memory()}`);
      }
      console.log(
        `${handshakes} handshakes, ${failures.length} failed, ${ends} ended; ${samples.join(', ')}`,
      );
      expect(failures).toEqual([]);
      expect(early).toEqual([]);
      expect(sockets.size).toBe(SOCKETS + RELOADS);
      expect(await pid()).toBe(before);
      // The last worker but one may not have begun to end when it was counted: these reloads follow at once.
      expect(await oldWorkersOf(deployment.container('nginx'))).toBeLessThanOrEqual(OLD_WORKERS + 1);
      isOver = true;
      for (const socket of sockets) socket.terminate();
    },
    15 * MINUTE_MS,
  );
});
