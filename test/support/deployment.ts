/** A deployment of the tests' own: its project name, its ports, and nothing of it left behind. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { execa, type Result } from 'execa';
import WebSocket from 'ws';
import { removeGuardTable } from '../../scripts/deployment/guard-table.ts';
import { REMOVE_OPTIONS } from '../../scripts/docker/inspect.ts';
import { sessionKey } from '../../scripts/verify/login.ts';

/**
 * Far from the defaults, so that a live deployment on the same host is never touched, and below the range from
 * which the kernel takes the ports of outgoing connections (32768 and up): those cannot be listened on.
 */
const PORTS = {
  BTCW_NGINX_PORT: 18501,
  BTCW_BACKEND_PORT: 18000,
  BTCW_FRONTEND_PORT: 13000,
  BTCW_FRP_SERVER_PORT: 17000,
  BTCW_FRP_REMOTE_PORT: 16001,
};

/** The ports, of which tests that run beside others (vitest.config.ts) have their own. */
function defaultPorts() {
  const offset = Number(process.env.TEST_PORT_OFFSET ?? '0');
  const entries = Object.entries(PORTS).map(([name, port]) => [name, String(port + offset)]);
  return Object.fromEntries(entries) as Record<keyof typeof PORTS, string>;
}

/** Ports of a test's own, in the order of {@link PORTS}, each the one after that before; and the last of ten. */
export const portsFrom = (first: number): Record<string, string> => ({
  ...Object.fromEntries(Object.keys(PORTS).map((name, index) => [name, String(first + index)])),
  BTCW_FRP_LOCAL_PORT: String(first + 9),
});

export interface Outcome {
  readonly code: number;
  /** Both streams, without colours. */
  readonly output: string;
  readonly stdout: string;
}

const outcome = (result: Result): Outcome => ({
  code: result.exitCode ?? -1,
  output: String(result.all ?? ''),
  stdout: String(result.stdout ?? ''),
});

/** How many times longer than alone something may take on this host, as far as its load tells; at least 1. */
const slowdown = (): number => Math.max(1, (loadavg()[0] ?? 0) / cpus().length);

const ROUNDS = 'BTCW_TEST_ROUNDS';

/** How often a measurement is repeated, as the environment has it. @param usual where it does not */
export const testRounds = (usual: number): number => Number(process.env[ROUNDS] || usual);

/** A program whose failure is an answer, too. */
export async function tryProgram(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const result = await execa(program, args, {
    // Of the tests, and no setting: the package refuses names that it does not know.
    env: { ...env, [ROUNDS]: undefined },
    all: true,
    reject: false,
    timeout: 170_000 * slowdown(),
    stdin: 'ignore',
  });
  return outcome(result as Result);
}

/** How programs are run: by `tryProgram` on this host, or on a machine of the test's own. */
export type RunProgram = typeof tryProgram;

const dockerBy =
  (runProgram: RunProgram) =>
  async (...args: string[]): Promise<string> => {
    const { code, output, stdout } = await runProgram('docker', args);
    if (code !== 0) throw new Error(`docker ${args.join(' ')}\n${output}`);
    return stdout;
  };
export const docker = dockerBy(tryProgram);

/** Something to look at again until it is so. @param deadlineMs on a host with nothing else to do */
export async function eventually<T>(
  look: () => Promise<T>,
  good: (value: T) => boolean,
  deadlineMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + deadlineMs * slowdown();
  for (;;) {
    const value = await look();
    if (good(value) || Date.now() > deadline) return value;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export class TestDeployment {
  readonly local: string;
  readonly public: string;
  readonly backend: string;
  readonly project: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly runProgram: RunProgram;
  readonly docker: typeof docker;

  /** @param runProgram as it is done where the deployment's engine is */
  constructor(project: string, settings: Record<string, string> = {}, runProgram = tryProgram) {
    this.project = project;
    this.runProgram = runProgram;
    this.docker = dockerBy(runProgram);
    // A user's .env must not reach the tests.
    const ports = { ...defaultPorts(), ...settings };
    this.settings = { BTCW_PROJECT: project, ...ports };
    this.local = `http://127.0.0.1:${ports.BTCW_NGINX_PORT}`;
    this.public = `http://127.0.0.1:${ports.BTCW_FRP_REMOTE_PORT}`;
    this.backend = `http://127.0.0.1:${ports.BTCW_BACKEND_PORT}`;
  }

  /** Runs one of the package's commands as a user would, with further settings for this run. */
  run(
    command: string,
    args: readonly string[] = [],
    settings: Record<string, string> = {},
  ): Promise<Outcome> {
    return this.runProgram('node', ['scripts/run.mjs', command, ...args], { ...this.settings, ...settings });
  }

  cdktf(...args: string[]): Promise<Outcome> {
    // A folder of its own: cdktf removes those of other projects, which other tests may be at work in.
    const folder = `.build/cdktf/${this.project}`;
    mkdirSync(folder, { recursive: true });
    const output = ['--output', folder];
    const env = { ...this.settings, CHECKPOINT_DISABLE: '1' };
    return this.runProgram('npx', ['cdktf', ...args, ...output], env);
  }

  container(component: string): string {
    return `${this.project}-${component}`;
  }

  // biome-ignore lint/suspicious/noExplicitAny: docker's own structure
  async inspect(component: string): Promise<any> {
    return JSON.parse(await this.docker('inspect', this.container(component)))[0];
  }

  /** Processes of a container, the first one first, as the host's kernel numbers them. */
  async processes(component: string): Promise<number[]> {
    const told = await this.docker('top', this.container(component), '-o', 'pid');
    return told.split('\n').slice(1).map(Number);
  }

  /** Stops all that a container runs, its watchdog before what that watches. @returns what lets it go on */
  async freeze(component: string): Promise<() => void> {
    const pids = await this.processes(component);
    const signal = (name: NodeJS.Signals) => {
      for (const pid of pids) {
        try {
          process.kill(pid, name);
        } catch {
          // A health check that has ended, or a container that was started anew.
        }
      }
    };
    signal('SIGSTOP');
    return () => signal('SIGCONT');
  }

  async logs(component: string): Promise<string> {
    return (await this.runProgram('docker', ['logs', this.container(component)])).output;
  }

  get secretsFolder(): string {
    return `secrets/${this.project}`;
  }

  /** What the reference application signs tokens with. */
  sessionKey(): Buffer {
    const [jwtSecret, adminPassword] = [
      `${this.secretsFolder}/jwt-secret`,
      `${this.secretsFolder}/admin-password`,
    ];
    return sessionKey({ jwtSecret, adminPassword });
  }

  get password(): string {
    return readFileSync(`${this.secretsFolder}/admin-password`, 'utf8').trim();
  }

  async token(base = this.backend): Promise<string> {
    const response = await fetch(`${base}/api/v1/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({ username: 'admin', password: this.password }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  /** An open WebSocket that has been greeted. */
  async socket(base: string, token: string): Promise<WebSocket> {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/api/v1/ws?token=${token}`);
    await new Promise((resolve, reject) => {
      socket.once('message', resolve);
      socket.once('error', reject);
    });
    return socket;
  }

  /** What is left of the project on the engine. */
  async remains(): Promise<string[]> {
    const filter = ['--filter', `label=btc-watcher.project=${this.project}`];
    const lists = await Promise.all([
      this.docker('container', 'ls', '--all', '--format', '{{.Names}}', ...filter),
      this.docker('volume', 'ls', '--format', '{{.Name}}', ...filter),
      this.docker('network', 'ls', '--format', '{{.Name}}', ...filter),
    ]);
    return lists.flatMap((list) => list.split('\n')).filter(Boolean);
  }

  /** Shows every container's last lines: what one wants to read when a test has failed. */
  async printLogs(): Promise<void> {
    for (const name of (await this.remains()).filter((one) => !/-(config|data|lock|log)$/.test(one))) {
      const { output } = await this.runProgram('docker', ['logs', '--tail', '40', name]);
      console.error(`--- ${name}\n${output}`);
    }
  }

  /** Removes everything of the project by its label, its state and its secrets: also after a failure. */
  async remove(): Promise<void> {
    const label = ['--filter', `label=btc-watcher.project=${this.project}`];
    // A volume that somebody's `docker run` made has no label, but the name.
    const volume = ['--filter', `name=^${this.project}-`];
    const kinds = [
      ['container', '--all', ...label],
      ['volume', ...volume],
      ['network', ...label],
    ] as const;
    for (const [kind, ...selection] of kinds) {
      const ids = (await this.docker(kind, 'ls', '--quiet', ...selection)).split('\n').filter(Boolean);
      if (ids.length === 0) continue;
      if (kind === 'container') await this.runProgram('docker', ['stop', '--time', '2', ...ids]);
      await this.docker(kind, 'rm', ...REMOVE_OPTIONS[kind], ...ids);
    }
    // The guard's rules outlive it.
    if (this.runProgram === tryProgram) await removeGuardTable(this.project);
    const images = await this.docker(
      'image',
      'ls',
      '--format',
      '{{.Repository}}:{{.Tag}}',
      '--filter',
      `reference=${this.project}/*`,
    );
    for (const image of images.split('\n').filter(Boolean))
      await this.docker('image', 'rm', '--force', image);
    // The marker has no label of the project: plain cdktf leaves it.
    await this.runProgram('docker', ['volume', 'rm', '--force', `${this.project}-deployment-config`]);
    this.removeFiles();
  }

  removeFiles(): void {
    for (const file of readdirSync('.')) {
      if (/^\.?terraform\./.test(file) && file.includes(`terraform.${this.project}.tfstate`)) rmSync(file);
    }
    for (const folder of [
      this.secretsFolder,
      `.state-backups/${this.project}`,
      `.releases/${this.project}`,
      `.releases/${this.project}.edition`,
      `cdktf.out/stacks/${this.project}`,
    ]) {
      if (existsSync(folder)) rmSync(folder, { recursive: true });
    }
  }
}

/** Sends a ping and waits for its pong: the socket is alive to its other end. */
export function echo(socket: WebSocket, deadlineMs = 5_000): Promise<boolean> {
  return new Promise((resolve) => {
    const id = Math.random().toString(36).slice(2);
    const end = (alive: boolean) => {
      clearTimeout(timer);
      socket.off('message', listen);
      resolve(alive);
    };
    const timer = setTimeout(() => end(false), deadlineMs);
    const listen = (data: WebSocket.RawData) => {
      const message = JSON.parse(data.toString()) as { type: string; id?: string };
      if (message.type === 'pong' && message.id === id) end(true);
    };
    socket.on('message', listen);
    if (socket.readyState !== WebSocket.OPEN) return end(false);
    socket.send(JSON.stringify({ type: 'ping', id }));
  });
}
