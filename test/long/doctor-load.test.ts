/**
 * Doctor on a host that has far more to do than it can: what it says then is as true as on an idle one. For
 * `npm run test:long`; needs stress-ng.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestDeployment, testRounds } from '../support/deployment.ts';
import { doctorOf } from '../support/doctor.ts';

const ROUNDS = testRounds(5);
/** Rounds after which all containers are replaced: with empty logs, and a tunnel that has just come up. */
const REBUILD_AFTER = 25;
/** What one round may take on such a host, with its share of a rebuild. */
const ROUND_MS = 60_000;
const WORKERS = '40';

const deployment = new TestDeployment('btcw-load');
const { doctor } = doctorOf(deployment, ['disk-soon']);
let load: ChildProcess | undefined;

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
  // The time is for a run that is killed and cannot stop it.
  const seconds = Math.ceil((ROUNDS * ROUND_MS) / 1000);
  load = spawn('stress-ng', ['--cpu', WORKERS, '--timeout', `${seconds}s`], { stdio: 'ignore' });
  await once(load, 'spawn');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  if (load && load.exitCode === null) {
    load.kill('SIGTERM');
    await once(load, 'exit');
  }
  await deployment.remove();
});

/** Docker's word on a container's health, as what doctor says of it has to be. */
const isUnhealthy = async (service: string): Promise<boolean> =>
  (await deployment.inspect(service)).State.Health?.Status === 'unhealthy';

describe('doctor under load', () => {
  it(
    `raises no false alarm in ${ROUNDS} rounds`,
    async () => {
      const alarms: string[] = [];
      const times: number[] = [];
      for (let round = 1; round <= ROUNDS; round += 1) {
        if (round % REBUILD_AFTER === 1) expect((await deployment.run('rebuild')).code).toBe(0);
        const startedMs = Date.now();
        const { failures, warnings } = await doctor();
        times.push(Date.now() - startedMs);
        for (const { id, detail, fix } of [...failures, ...warnings]) {
          const [, service] = /^container-(.+)$/.exec(id) ?? [];
          // Where Docker's own check fails, doctor has to report it.
          if (service && (await isUnhealthy(service))) continue;
          alarms.push(`round ${round}: ${id}: ${detail}\n  Fix: ${fix}`);
        }
      }
      const sorted = times.toSorted((a, b) => a - b);
      const seconds = (ms: number | undefined) => ((ms ?? 0) / 1000).toFixed(1);
      const median = seconds(sorted[Math.floor(sorted.length / 2)]);
      const load1 = loadavg()[0]?.toFixed(0);
      console.log(
        `doctor under load ${load1}: ${alarms.length} false alarms in ${ROUNDS} rounds, median ${median} s, longest ${seconds(sorted.at(-1))} s`,
      );
      expect(alarms).toEqual([]);
    },
    ROUNDS * ROUND_MS,
  );
});
