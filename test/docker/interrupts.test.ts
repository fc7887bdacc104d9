/**
 * Commands that are interrupted at any moment: the state stays good, and the next deployment finishes the work. In short
 * with the other tests; in full, a hundred rounds, by `npm run test:long`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../scripts/doctor/checks/check.ts';
import { isWriteLocked } from '../../scripts/lib/locks.ts';
import { docker, eventually, TestDeployment, tryProgram } from '../support/deployment.ts';

const ROUNDS = Number(process.env.BTCW_TEST_ROUNDS ?? '8');
// The commands refuse settings that they do not know.
delete process.env.BTCW_TEST_ROUNDS;
/** Ports of its own: a long run does not keep others from running beside it. */
const deployment = new TestDeployment('btcw-interrupt', {
  BTCW_NGINX_PORT: '15501',
  BTCW_BACKEND_PORT: '15000',
  BTCW_FRONTEND_PORT: '15300',
  BTCW_FRP_SERVER_PORT: '15700',
  BTCW_FRP_REMOTE_PORT: '15601',
});
const { project } = deployment;
const components = ['nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard'];
const state = `terraform.${project}.tfstate`;

/** Numbers from 0 to 1 that look like chance and are the same in each run (mulberry32). */
function chance(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The terraform that works on this deployment, and the process that it has been started by. */
function terraformOf(parent: number): number | undefined {
  const folder = resolve('cdktf.out/stacks', project);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const isChild = new RegExp(`^PPid:\t${parent}$`, 'm').test(
          readFileSync(`/proc/${pid}/status`, 'utf8'),
        );
        return isChild && readlinkSync(`/proc/${pid}/cwd`) === folder;
      } catch {
        return false;
      }
    });
}

/** @param pid negative for a process group */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

const INTERRUPTS = {
  'SIGINT to node': (pid: number) => signal(pid, 'SIGINT'),
  'SIGTERM to the group': (pid: number) => signal(-pid, 'SIGTERM'),
  'SIGKILL of node': (pid: number) => signal(pid, 'SIGKILL'),
  'SIGINT twice': async (pid: number) => {
    signal(-pid, 'SIGINT');
    await pause(100);
    signal(-pid, 'SIGINT');
  },
  'SIGTERM to each process': (pid: number) => {
    const terraform = terraformOf(pid);
    // Its group has the provider, too.
    if (terraform) signal(-terraform, 'SIGTERM');
    signal(-pid, 'SIGTERM');
  },
  'SIGHUP to the group': (pid: number) => signal(-pid, 'SIGHUP'),
} as const;
/** Milliseconds within which a command is interrupted, counted from its start; or from that of its terraform. */
const WITHIN_MS = { command: { deploy: 3_000, rebuild: 6_000, destroy: 3_000 }, terraform: 1_500 } as const;
type Command = keyof typeof WITHIN_MS.command;

interface Round {
  readonly number: number;
  readonly command: Command;
  readonly how: keyof typeof INTERRUPTS;
  /** What the moment is counted from. */
  readonly since: keyof typeof WITHIN_MS;
  readonly afterMs: number;
}

/** Each command with each interrupt, in turn, at moments within the command's usual time. */
function rounds(count: number): Round[] {
  const next = chance(7);
  const commands = Object.keys(WITHIN_MS.command) as Command[];
  const interrupts = Object.keys(INTERRUPTS) as (keyof typeof INTERRUPTS)[];
  return Array.from({ length: count }, (_, index) => {
    const command = commands[index % commands.length] ?? 'deploy';
    const how =
      interrupts[(index + Math.floor(index / interrupts.length)) % interrupts.length] ?? 'SIGINT to node';
    const since = index % 2 === 0 ? 'command' : 'terraform';
    const withinMs = since === 'command' ? WITHIN_MS.command[command] : WITHIN_MS.terraform;
    return { number: index + 1, command, how, since, afterMs: Math.round(next() * withinMs) };
  });
}

/** Starts a command as a terminal does, in a process group of its own. */
function start(command: string, settings: Record<string, string>) {
  const args = command === 'destroy' ? ['--yes'] : [];
  const child = spawn('node', ['scripts/run.mjs', command, ...args], {
    env: { ...process.env, ...deployment.settings, ...settings },
    detached: true,
    stdio: 'ignore',
  });
  const exit = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    ended: async () => await exit,
  };
}

/**
 * Interrupts a command while it works. How long it takes depends on the machine: where it has ended before its moment,
 * it is run again with half the time.
 * @returns whether its terraform was at work
 */
async function interrupt(
  { command, how, since, afterMs }: Round,
  nextSettings: () => Record<string, string>,
): Promise<boolean> {
  for (let delayMs = afterMs; ; delayMs /= 2) {
    const run = start(command, nextSettings());
    while (since === 'terraform' && !isWriteLocked(state) && !run.hasEnded()) await pause(20);
    await pause(delayMs);
    const isAtWork = isWriteLocked(state) === true;
    if (!run.hasEnded() && (isAtWork || since === 'command')) {
      await INTERRUPTS[how](run.pid);
      await run.ended();
      return isAtWork;
    }
    await run.ended();
    if (command === 'destroy') await deploys();
  }
}

/** Terraform may go on after the command. */
const unlocked = () =>
  eventually(
    async () => isWriteLocked(state),
    (locked) => locked === false,
    90_000,
  );

const inBackend = (...command: string[]) => docker('exec', deployment.container('backend'), ...command);
const writeMarker = () => inBackend('sh', '-c', 'echo precious > /data/marker');
const marker = () => inBackend('cat', '/data/marker');
const containers = async () =>
  (await docker('ps', '--all', '--format', '{{.Names}}', '--filter', `name=^${project}-`)).split('\n').sort();
const expectedContainers = components.map((component) => deployment.container(component)).sort();
const setAside = () => readdirSync('.').filter((name) => name.startsWith(`${state}.broken-`));

async function deploys(settings: Record<string, string> = {}) {
  const deployed = await deployment.run('deploy', [], settings);
  expect(deployed.code, deployed.output).toBe(0);
  return deployed.output;
}

beforeAll(async () => {
  await deployment.remove();
  await deploys();
  await writeMarker();
});
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  // Now: a long run ends much later.
  console.error(
    new Date().toISOString(),
    task.name,
    ...(task.result.errors ?? []).map(({ message }) => message),
  );
  await deployment.printLogs();
});
afterAll(async () => {
  await unlocked();
  await deployment.remove();
});

describe('an interrupted command', () => {
  let limit = 1000;
  let hits = 0;
  let hitsOfTerraform = 0;

  it.each(rounds(ROUNDS))(
    'round $number: $how of $command, $afterMs ms after the start of $since; the next deployment converges',
    async (round) => {
      const { command } = round;
      const nextSettings = () => {
        limit += 1;
        return { BTCW_MAX_CONNECTIONS: String(limit) };
      };
      if (await interrupt(round, nextSettings)) hitsOfTerraform += 1;
      hits += 1;
      const settings = { BTCW_MAX_CONNECTIONS: String(limit) };
      expect(await unlocked()).toBe(false);
      expect(JSON.parse(readFileSync(state, 'utf8'))).toHaveProperty('resources');

      const output = await deploys(settings);
      expect(output).not.toMatch(/is empty|cut short|is missing/);
      expect(await containers(), output).toEqual(expectedContainers);
      if (command === 'destroy') await writeMarker();
      expect(await marker()).toBe('precious');
      const diff = await deployment.run('diff', [], settings);
      expect(diff.code, diff.output).toBe(0);
    },
  );

  it('was hit in each round, in half of them with terraform at work, and never left a broken state', () => {
    console.log(`${ROUNDS} rounds: ${hits} hit a command, ${hitsOfTerraform} of these a terraform at work.`);
    expect(hits).toBe(ROUNDS);
    expect(hitsOfTerraform).toBeGreaterThanOrEqual(Math.floor(ROUNDS / 2));
    expect(setAside()).toEqual([]);
  });
});

describe('a state that was', () => {
  const line = (problem: string) =>
    new RegExp(
      `^! ${state.replaceAll('.', '\\.')} ${problem}: restored from \\.state-backups/.* is kept as .*$`,
      'm',
    );

  beforeAll(() => deploys());
  afterEach(() => {
    for (const name of setAside()) rmSync(name);
  });

  it.each([
    ['emptied', () => truncateSync(state), 'is empty'],
    ['cut short', () => truncateSync(state, 5_000), 'is cut short or damaged'],
  ] as const)(
    '%s is restored by diff, by deploy and by plain cdktf, and changes nothing',
    async (_how, harm, problem) => {
      const ids = await docker('ps', '--quiet', '--no-trunc', '--filter', `name=^${project}-`);
      harm();
      const diff = await deployment.run('diff');
      expect(diff.output).toMatch(line(problem));
      expect([diff.code, diff.output]).toEqual([0, expect.stringContaining('No changes')]);
      expect(setAside()).toHaveLength(1);

      harm();
      expect(await deploys()).toMatch(line(problem));
      harm();
      const planned = await deployment.cdktf('diff');
      expect(planned.output).toContain('No changes');
      expect(await docker('ps', '--quiet', '--no-trunc', '--filter', `name=^${project}-`)).toBe(ids);
      expect(await marker()).toBe('precious');
    },
  );

  it('emptied is named by doctor, with the command that restores it', async () => {
    truncateSync(state);
    const finding = async () => {
      const { stdout } = await deployment.run('doctor', ['--json']);
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      return findings.find(({ id }) => id === 'state');
    };
    expect(await finding()).toMatchObject({
      level: 'failure',
      detail: `${state} is empty`,
      fix: 'npm run deploy',
    });
    await deploys();
    expect(await finding()).toMatchObject({ level: 'ok' });
  });

  it('lost with all its backups is made anew: the data stays, no container is left over', async () => {
    writeFileSync(state, '{"version": 4, "resour');
    rmSync(`.state-backups/${project}`, { recursive: true });
    rmSync(`${state}.backup`, { force: true });
    // Of a service that there is no longer.
    await docker('rename', deployment.container('guard'), deployment.container('earlier'));
    const output = await deploys();
    expect(output).toMatch(/there is no backup\. Containers that carry the label .* volumes are kept/);
    expect(await containers()).toEqual(expectedContainers);
    expect(await marker()).toBe('precious');
    expect((await deployment.run('diff')).output).toContain('No changes');
  });

  it('lost, with a network of the project, is made anew, too', async () => {
    const settings = { BTCW_GATEWAY: '172.29.115.1' };
    await deploys(settings);
    for (const file of [state, `${state}.backup`]) rmSync(file, { force: true });
    rmSync(`.state-backups/${project}`, { recursive: true });
    await deploys(settings);
    expect(await marker()).toBe('precious');
    expect((await deployment.run('diff', [], settings)).output).toContain('No changes');
    await deploys();
    expect((await deployment.remains()).filter((name) => name === project)).toEqual([]);
  });

  it('being worked on is left alone: a second command fails and says who holds the lock', async () => {
    const run = start('rebuild', {});
    await eventually(
      async () => isWriteLocked(state),
      (locked) => locked === true,
    );
    process.kill(run.pid, 'SIGKILL');
    const outcomes = await Promise.all(
      (['deploy', 'diff'] as const).map((command) => deployment.run(command)),
    );
    for (const { code, output } of outcomes) {
      expect(code).toBe(1);
      expect(output).toMatch(/Another run holds the lock of "btcw-interrupt": "apply" by \S+, since 20\d\d-/);
    }
    // Nobody reads any more what it prints, and still it ends its work.
    expect(await unlocked()).toBe(false);
    expect((await deployment.run('diff')).output).toContain('No changes');
  });
});

describe('a broken release', () => {
  it('is skipped by diff, rollback and deploy with one line', async () => {
    await deploys({ BTCW_MAX_CONNECTIONS: '900' });
    await deploys();
    const folder = `.releases/${project}`;
    const newest = readdirSync(folder).sort().at(-1);
    writeFileSync(`${folder}/${newest}/release.json`, '');
    const diff = await deployment.run('diff');
    expect([diff.code, diff.output]).toEqual([
      0,
      expect.stringContaining('release.json is empty: that release is skipped.'),
    ]);
    const back = await deployment.run('rollback');
    expect(back.code, back.output).toBe(0);
    expect(back.output.match(/is skipped/g)).toHaveLength(1);
    expect(await docker('exec', deployment.container('nginx'), 'cat', '/etc/nginx/nginx.conf')).toContain(
      'limit_conn gateway 900;',
    );
    await deploys();
    expect((await tryProgram('ls', [folder])).stdout.split('\n')).not.toContain(newest);
  });
});
