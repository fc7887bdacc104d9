/**
 * Processes that are killed: each is started again by itself, and nothing else is disturbed. How long it takes is printed,
 * for docs/reliability.md. For `npm run test:long`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { docker, TestDeployment, testRounds } from '../support/deployment.ts';

const ROUNDS = Math.min(testRounds(3), 50);
const deployment = new TestDeployment('btcw-killed');
/** What a visitor asks through the tunnel, and the service has to answer. */
const ASKED = { backend: '/api/nothing', frontend: '/', nginx: '/', frpc: '/', frps: '/' } as const;
type Victim = keyof typeof ASKED;
const victims = Object.keys(ASKED) as Victim[];
/** Docker waits longer before each start of a container that has not run for ten seconds. */
const BETWEEN_MS = 11_000;
const LOOK_EVERY_MS = 20;
const BACK_WITHIN_MS = 60_000;

/** Whether it is answered by the service itself: what stands before it says 502 or nothing. */
async function serves(path: string): Promise<boolean> {
  try {
    const answer = await fetch(`${deployment.public}${path}`, { signal: AbortSignal.timeout(1_000) });
    await answer.arrayBuffer();
    return answer.status < 500;
  } catch {
    return false;
  }
}
const restarts = async () => {
  const counts = victims.map(async (one) => [one, (await deployment.inspect(one)).RestartCount] as const);
  return Object.fromEntries(await Promise.all(counts));
};

/** Milliseconds from the end of a container's first process until a visitor is served again. */
async function killed(victim: Victim): Promise<number> {
  const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', deployment.container(victim)));
  const startedMs = performance.now();
  process.kill(pid, 'SIGKILL');
  let wasGone = false;
  while (performance.now() - startedMs < BACK_WITHIN_MS) {
    const isThere = await serves(ASKED[victim]);
    if (isThere && wasGone) return performance.now() - startedMs;
    // It may still have answered on its way out.
    if (!isThere) wasGone = true;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`${victim} does not come back`);
}

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(() => deployment.remove());

describe('a process that is killed', () => {
  it(
    `comes back each of ${ROUNDS} times, and takes no other with it`,
    async () => {
      const before = await restarts();
      const times = Object.fromEntries(victims.map((one) => [one, [] as number[]]));
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const victim of victims) {
          times[victim]?.push(await killed(victim));
          await sleep(BETWEEN_MS / victims.length);
        }
      }
      const after = await restarts();
      for (const victim of victims) {
        const sorted = (times[victim] ?? []).toSorted((a, b) => a - b);
        const at = (share: number) => ((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) / 1000).toFixed(2);
        console.log(
          `${victim}: serves again after ${at(0.5)} s (median), ${at(0.95)} (p95), ${at(1)} (longest)`,
        );
        expect(after[victim]).toBe((before[victim] ?? 0) + ROUNDS);
      }
    },
    ROUNDS * victims.length * BACK_WITHIN_MS,
  );
});
