import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionKey } from '../../src/auth/credentials.ts';
import { claimsFor, forgeToken } from './tokens.ts';

const BUNDLE = join(import.meta.dirname, '../../dist/server.mjs');
export const PASSWORD = 'correct horse battery staple';
export const SECRET = 'a secret for tests that has more than 32 bytes';
/** What the backend signs tokens with. */
export const KEY = sessionKey(SECRET, PASSWORD);

/** A folder with the secrets and the data of one backend, to be removed with `remove()`. */
export class Home {
  readonly path = mkdtempSync(join(tmpdir(), 'btcw-backend-'));
  readonly passwordFile = join(this.path, 'password');
  readonly env: Record<string, string> = {
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: this.path,
    ADMIN_PASSWORD_FILE: this.passwordFile,
    JWT_SECRET_FILE: join(this.path, 'secret'),
    PRICE_FEED_SEED: '1',
  };

  constructor() {
    writeFileSync(this.passwordFile, `${PASSWORD}\n`);
    writeFileSync(join(this.path, 'secret'), SECRET);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** An image to run instead of the bundle: then the same tests speak to the real container, hardened as it is deployed. */
const IMAGE = process.env.BACKEND_IMAGE;

function startProcess(env: Record<string, string>): ChildProcess {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
  if (!IMAGE) return spawn(process.execPath, [BUNDLE], { env, stdio });
  const home = env.DATA_DIR ?? tmpdir();
  chmodSync(home, 0o777);
  const hardened = [
    '--read-only',
    '--tmpfs',
    '/tmp',
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges',
  ];
  const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  // On the host's network, so that port 0 gives a free one here too.
  const args = [
    'run',
    '--rm',
    '--network',
    'host',
    '--volume',
    `${home}:${home}`,
    ...hardened,
    ...variables,
    IMAGE,
  ];
  return spawn('docker', args, { stdio });
}

/** The built bundle running as a process of its own, as in its container. */
export class Backend {
  readonly process: ChildProcess;
  /** The exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  output = '';
  port = 0;

  private constructor(env: Record<string, string>) {
    this.process = startProcess(env);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.exited = once(this.process, 'close').then(([code]) => code as number | null);
  }

  static async start(home: Home, env: Record<string, string> = {}): Promise<Backend> {
    const backend = new Backend({ ...home.env, ...env });
    try {
      const line = await backend.logLine(/listens on [\d.]+:(\d+)/);
      backend.port = Number(line[1]);
      return backend;
    } catch (error) {
      backend.process.kill('SIGKILL');
      throw error;
    }
  }

  /** Runs with these settings until it ends by itself. */
  static async runToEnd(env: Record<string, string>): Promise<Backend> {
    const backend = new Backend(env);
    await backend.exited;
    return backend;
  }

  /** Waits until the log has such a line. */
  async logLine(pattern: RegExp, timeoutMs = 5_000): Promise<RegExpExecArray> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (Date.now() > deadline || this.process.exitCode !== null) {
        throw new Error(`no line ${pattern} in the log:\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** A valid token, without the cost of a login. */
  token(lifetimeSec = 3600): string {
    return forgeToken(claimsFor('admin', lifetimeSec), KEY);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, init);
  }

  async getJson(path: string): Promise<Record<string, unknown>> {
    const response = await this.fetch(path, { headers: { authorization: `Bearer ${this.token()}` } });
    return (await response.json()) as Record<string, unknown>;
  }

  login(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch('/api/v1/auth/token', { method: 'POST', body: new URLSearchParams(form), headers });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal);
    return this.exited;
  }
}
