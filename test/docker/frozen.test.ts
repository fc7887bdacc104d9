/** Programs that hang: seen by the watchdog in their container, and started again by Docker. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { docker, eventually, portsFrom, TestDeployment } from '../support/deployment.ts';

const deployment = new TestDeployment('btcw-frozen', portsFrom(28_520));
const SERVICES = ['nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard'];
/** On a machine with nothing else to do it is 15 s. */
const BACK_WITHIN_MS = 60_000;

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(() => deployment.remove());

/** The first process of a container, and when it came. */
async function running(service: string): Promise<{ pid: number; health: string; restarts: number }> {
  const { State, RestartCount } = await deployment.inspect(service);
  return { pid: State.Pid, health: State.Health.Status, restarts: RestartCount };
}
/** The process that a process of a container has started first. */
async function childOf(service: string, pid: number): Promise<number> {
  const processes = await docker('top', deployment.container(service), '-o', 'pid,ppid');
  const pairs = processes.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const [child] = pairs.find(([, parent]) => parent === pid) ?? [];
  if (!child) throw new Error(`${pid} has no child:\n${processes}`);
  return child;
}

describe('a program that is frozen', () => {
  it.each(SERVICES)('is started again: %s', async (service) => {
    const before = await running(service);
    const program = await childOf(service, before.pid);
    // frpc is below logrun.
    const frozen = service === 'frpc' ? await childOf(service, program) : program;
    const startedMs = Date.now();
    process.kill(frozen, 'SIGSTOP');
    const isBack = ({ pid, health }: typeof before) => pid > 0 && pid !== before.pid && health === 'healthy';
    const after = await eventually(() => running(service), isBack, BACK_WITHIN_MS);
    console.log(`${service}: healthy again after ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
    expect(isBack(after)).toBe(true);
    expect(after.restarts).toBe(before.restarts + 1);
    expect(await deployment.logs(service)).toMatch(/watchdog: \S+ was stopped for \d+ s: ended/);
  });

  it('serves again, and nothing else was started anew', async () => {
    const page = async () => (await fetch(deployment.public).catch(() => undefined))?.status;
    expect(await eventually(page, (status) => status === 200)).toBe(200);
    await sleep(5_000);
    expect(await Promise.all(SERVICES.map(async (service) => (await running(service)).restarts))).toEqual(
      SERVICES.map(() => 1),
    );
  });
});
