/** Who listens on a port: read from /proc, as no program for it can be relied on. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { messages } from '../../messages/index.ts';

const said = messages.lib.ports;

/** The kernel's number for a listening socket. */
const LISTEN = '0A';

/** The value that a read returns, or another where the process has ended or is another user's. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** A program that listens. */
export interface PortHolder {
  /** @example 'python3' */
  readonly program: string;
  readonly pid: number;
  /** The processes that it descends from, its parent first. */
  readonly ancestors: readonly number[];
}

/** @returns none where the process has ended */
function ancestorsOf(pid: number): number[] {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), '');
  // pid (name) state parent …, where the name may hold anything
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 1).split(' ')[2]);
  return parent > 0 ? [parent, ...ancestorsOf(parent)] : [];
}

/** An IPv4 address as the kernel's table has it: hexadecimal, the first byte last. */
const hexAddress = (address: string): string =>
  address
    .split('.')
    .map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'))
    .reverse()
    .join('');

/**
 * The sockets that would keep another from listening there.
 * @param tables the texts of /proc/net/tcp and /proc/net/tcp6
 * @param address @default - any
 */
function listeningInodes(tables: readonly string[], port: number, address?: string): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = tables.flatMap((table) => table.split('\n'));
  const conflicts = (local: string) => {
    const host = local.slice(0, -suffix.length);
    return !address || /^0+$/.test(host) || host.endsWith(hexAddress(address));
  };
  const sockets = lines.map((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    return { local, state, inode };
  });
  return new Set(
    sockets
      .filter(({ local, state }) => local.endsWith(suffix) && state === LISTEN && conflicts(local))
      .map(({ inode }) => inode),
  );
}

/**
 * Who listens on a port.
 * @param address only what conflicts with listening there. @default - any
 * @returns undefined where nobody does; an empty program where this user may not see whose it is
 */
export type ListenerOn = (port: number, address?: string) => PortHolder | undefined;

const UNSEEN: PortHolder = { program: '', pid: 0, ancestors: [] };

/** Who listens on another machine's ports. @param tables the texts of its /proc/net/tcp and /proc/net/tcp6 */
export const listenersIn =
  (tables: readonly string[]): ListenerOn =>
  (port, address) =>
    listeningInodes(tables, port, address).size > 0 ? UNSEEN : undefined;

/** On this host. */
export const listenerOn: ListenerOn = (port, address) => {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) =>
    attempt(() => readFileSync(file, 'utf8'), ''),
  );
  const inodes = listeningInodes(tables, port, address);
  if (inodes.size === 0) return undefined;
  for (const pid of attempt(() => readdirSync('/proc'), []).filter((name) => /^\d+$/.test(name))) {
    for (const fd of attempt(() => readdirSync(`/proc/${pid}/fd`), [])) {
      const link = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '');
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode && inodes.has(inode)) {
        const program = attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), said.someProgram);
        return { program, pid: Number(pid), ancestors: ancestorsOf(Number(pid)) };
      }
    }
  }
  return UNSEEN;
};

/** What keeps a port from being listened on, and what to do about it. */
export function portHolder(
  port: number,
  listener: ListenerOn = listenerOn,
): { readonly who: string; readonly fix: string } {
  const holder = listener(port);
  if (!holder) {
    // The kernel takes the ports of outgoing connections from this range, and holds them a minute longer.
    return {
      who: said.outgoing,
      fix: said.outgoingFix(port),
    };
  }
  const who = holder.program ? said.process(holder.program, holder.pid) : said.anotherProgram;
  return { who, fix: said.stopIt };
}
