/** Visitors who mean harm, or are too many: they come from addresses of loopback, to a port of this host. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type WebSocket from 'ws';
import { echo, type TestDeployment } from './deployment.ts';

export interface FloodOptions {
  readonly port: number;
  readonly count: number;
  /** How many of 127.0.0.2 and the addresses after it they come from. @default 1 */
  readonly addresses?: number;
  /** New connections in a second. @default - all at once */
  readonly perSecond?: number;
  /** What each does once it is connected. It does not read, unless told to. @default - nothing */
  readonly act?: (socket: Socket) => void;
}

const BATCH_MS = 100;

/** Connections that stand until the flood ends. */
export class Flood {
  readonly #sockets: Socket[] = [];

  /** @returns when all have been begun */
  async open({ port, count, addresses = 1, perSecond = count * 10, act }: FloodOptions): Promise<void> {
    const batch = Math.ceil((perSecond * BATCH_MS) / 1000);
    for (let begun = 0; begun < count; begun += 1) {
      const localAddress = `127.0.0.${2 + (begun % addresses)}`;
      const socket = connect({ host: '127.0.0.1', port, localAddress });
      socket.on('error', () => socket.destroy());
      socket.pause();
      if (act) socket.once('connect', () => act(socket));
      this.#sockets.push(socket);
      if (begun % batch === batch - 1) await sleep(BATCH_MS);
    }
  }

  /** How many have not been cut off. */
  get standing(): number {
    return this.#sockets.filter((socket) => !socket.destroyed && !socket.connecting).length;
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Begins a request, and never ends it. */
export const halfRequest = (socket: Socket): void => {
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
};

/** Asks for a file many times over, and reads nothing. @param times so often that no buffer on the way holds it all */
export const slowReader =
  (path: string, times = 80) =>
  (socket: Socket): void => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(times));
  };

const CHUNK = Buffer.alloc(65_536, 'x');

/** Sends a body as fast as it is taken. */
export const upload =
  (path: string, bytes: number) =>
  (socket: Socket): void => {
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`);
    let left = bytes;
    const more = () => {
      while (left > 0 && !socket.destroyed) {
        left -= CHUNK.length;
        if (!socket.write(CHUNK)) {
          socket.once('drain', more);
          return;
        }
      }
    };
    more();
  };

const WRONG_LOGIN = (() => {
  const body = 'username=admin&password=not-the-password';
  const type = 'application/x-www-form-urlencoded';
  return `POST /api/v1/auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
})();

/** Logs in with a wrong password again and again. @param everyMs @default - once, and leaves with the answer */
export const wrongLogins =
  (everyMs?: number) =>
  (socket: Socket): void => {
    const login = () => socket.write(WRONG_LOGIN);
    login();
    if (everyMs === undefined) socket.once('data', () => socket.destroy());
    else {
      const timer = setInterval(login, everyMs);
      socket.once('close', () => clearInterval(timer));
    }
    socket.resume();
  };

/** What a flood must leave as it is. */
export class Bystanders {
  readonly #deployment: TestDeployment;
  readonly #services: readonly string[];
  #sockets: WebSocket[] = [];
  #pids: readonly number[] = [];

  constructor(deployment: TestDeployment, services: readonly string[]) {
    this.#deployment = deployment;
    this.#services = services;
  }

  async #processes(): Promise<number[]> {
    const inspected = await Promise.all(this.#services.map((name) => this.#deployment.inspect(name)));
    return inspected.map(({ State }) => State.Pid as number);
  }

  /** Opens sockets through the tunnel. */
  async arrive(count: number): Promise<void> {
    const token = await this.#deployment.token();
    this.#sockets = [];
    for (let open = 0; open < count; open += 1) {
      this.#sockets.push(await this.#deployment.socket(this.#deployment.public, token));
    }
    this.#pids = await this.#processes();
  }

  /** @returns services whose process is another one, and how many of the sockets answer */
  async report(): Promise<{ restarted: string[]; alive: number }> {
    const pids = await this.#processes();
    const answers = await Promise.all(this.#sockets.map((socket) => echo(socket, 10_000)));
    return {
      restarted: this.#services.filter((_, index) => pids[index] !== this.#pids[index]),
      alive: answers.filter(Boolean).length,
    };
  }

  /** Milliseconds in which somebody else gets the page; undefined where that takes longer than 10 s or fails. */
  async newcomer(): Promise<number | undefined> {
    const startedMs = Date.now();
    const options = { signal: AbortSignal.timeout(10_000), headers: { Connection: 'close' } };
    const response = await fetch(this.#deployment.public, options).catch(() => undefined);
    await response?.arrayBuffer();
    return response?.ok ? Date.now() - startedMs : undefined;
  }

  leave(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}

/** A figure of a container's memory, in MiB. @param names of its file in either version of cgroups */
async function memoryMiB(
  deployment: TestDeployment,
  service: string,
  names: readonly string[],
): Promise<number> {
  const script = `cat ${names.map((name) => `/sys/fs/cgroup/${name}`).join(' ')} 2>/dev/null || true`;
  const bytes = await deployment.docker('exec', deployment.container(service), 'sh', '-c', script);
  return Math.round(Number(bytes.trim()) / 1024 ** 2);
}

/** The most memory that a container has had since it started. */
export const peakMiB = (deployment: TestDeployment, service: string): Promise<number> =>
  memoryMiB(deployment, service, ['memory/memory.max_usage_in_bytes', 'memory.peak']);

const STEADY = { samples: 5, pauseMs: 1_500, deadlineMs: 90_000 };

/** Waits until the services take no more memory: all that is on its way has arrived somewhere. */
export async function settled(deployment: TestDeployment, services: readonly string[]): Promise<void> {
  const names = ['memory/memory.usage_in_bytes', 'memory.current'];
  const deadline = Date.now() + STEADY.deadlineMs;
  const sums: number[] = [];
  while (Date.now() < deadline) {
    const used = await Promise.all(services.map((service) => memoryMiB(deployment, service, names)));
    sums.push(used.reduce((sum, one) => sum + one, 0));
    const recent = sums.slice(-STEADY.samples);
    if (recent.length === STEADY.samples && Math.max(...recent) - Math.min(...recent) <= 2) return;
    await sleep(STEADY.pauseMs);
  }
}
