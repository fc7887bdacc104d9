/**
 * The machine that the engine runs on, as far as a deployment depends on it: this one, or another, where the engine is
 * reached through ssh or TCP. There a relay answers (docs/decisions/0022-remote-engine.md).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { lookup } from 'node:dns/promises';
import { readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { UserError } from '../../stacks/errors.mjs';
import { engineMachine } from '../docker/engine.ts';
import { dialingBy } from '../lib/dial.ts';
import { type ListenerOn, listenerOn } from '../lib/ports.ts';

export interface Disk {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** What is asked of it. What cannot be known is an error, and never an answer of another machine. */
export interface EngineHost {
  /** Undefined where it is this machine. @example 'nas' */
  readonly name: string | undefined;
  /** Why nothing is known of it. @default - it answers */
  readonly problem?: UserError;
  /** A file of the kernel's. @example read('/proc/net/route') */
  readonly read: (path: string) => Promise<string>;
  /** Why a program cannot listen on an address; undefined where it can. @example 'EADDRINUSE' */
  readonly bindError: (address: string, port: number) => Promise<string | undefined>;
  /** Who listens now. */
  readonly listeners: () => Promise<ListenerOn>;
  /** Why a name has no address; undefined where it has one. @example 'ENOTFOUND' */
  readonly lookupError: (name: string) => Promise<string | undefined>;
  /** @param folder of the engine's data */
  readonly disk: (folder: string) => Promise<Disk>;
}

function bindError(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

export const THIS_MACHINE: EngineHost = {
  name: undefined,
  read: (path) => readFile(path, 'utf8'),
  bindError,
  listeners: async () => listenerOn,
  lookupError: (name) =>
    lookup(name).then(
      () => undefined,
      ({ code = '' }: NodeJS.ErrnoException) => code,
    ),
  disk: async (folder) => {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};

const current = new AsyncLocalStorage<EngineHost>();

/** What runs at the engine's host: its connections are opened there, too. */
type Visit<T> = (host: EngineHost) => Promise<T>;

/**
 * Runs a function at the engine's host. Within another such function it is where that is.
 * @throws {UserError} where it is another machine on which nothing can be started, unless the function runs all the same,
 *   with errors for answers
 */
export async function atEngineHost<T>(visit: Visit<T>, { evenUnreached = false } = {}): Promise<T> {
  const host = current.getStore();
  if (host) return visit(host);
  const name = await engineMachine();
  if (!name) return current.run(THIS_MACHINE, () => visit(THIS_MACHINE));
  // Only here: the usual engine is on this machine.
  const { noRelay, openRelay } = await import('./relay.ts');
  const relay = await openRelay(name).catch((error) => {
    if (!evenUnreached || !(error instanceof UserError)) throw error;
    return noRelay(name, error);
  });
  try {
    return await current.run(relay, () => dialingBy(relay.dial, () => visit(relay)));
  } finally {
    await relay.close();
  }
}
