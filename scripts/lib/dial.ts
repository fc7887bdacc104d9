/** TCP connections: opened by this machine, or by another that a function is run at. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { connect as connectHere, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

export interface Target {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Opens a connection, which emits `connect`, or `error` with the error's code. */
export type Dial = (target: Target) => Duplex;

const dialed = new AsyncLocalStorage<Dial>();

/** Runs a function whose connections, all of this module's, another machine opens. */
export const dialingBy = <T>(dial: Dial, run: () => T): T => dialed.run(dial, run);

export const dial: Dial = (target) => (dialed.getStore() ?? connectHere)(target);

/** What tells Node's TLS client where to connect to. */
export function tlsTarget(target: Target): Target | { readonly socket: Duplex } {
  const by = dialed.getStore();
  return by ? { socket: by(target) } : target;
}

const DEFAULT_PORT: Readonly<Record<string, number>> = { 'https:': 443, 'wss:': 443 };

/**
 * What tells Node's HTTP client, and a WebSocket's, who connects.
 * @param url of the request
 * @returns undefined for this machine
 */
export function connectionOptions(url: string): { readonly createConnection: () => Duplex } | undefined {
  const by = dialed.getStore();
  if (!by) return undefined;
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const secure = DEFAULT_PORT[protocol];
  const target = { host, port: Number(port) || (secure ?? 80) };
  if (!secure) return { createConnection: () => by(target) };
  const name = isIP(host) === 0 && { servername: host };
  return { createConnection: () => connectTls({ socket: by(target), ...name }) };
}
