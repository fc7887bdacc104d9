/** Who listens on a port of this host: read from /proc, as no program for it can be relied on. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The kernel's number for a listening socket. */
const LISTEN = '0A';

/** What a read gives, or nothing where the process has ended or is another user's. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function listeningInodes(port: number): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    attempt(() => readFileSync(file, 'utf8'), '').split('\n'),
  );
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return new Set(
    fields.filter((one) => one[1]?.endsWith(suffix) && one[3] === LISTEN).map((one) => one[9] ?? ''),
  );
}

/** The program that listens on a port, where this user may see it. @example 'python3 (process 4711)' */
export function portHolder(port: number): string | undefined {
  const inodes = listeningInodes(port);
  for (const pid of attempt(() => readdirSync('/proc'), []).filter((name) => /^\d+$/.test(name))) {
    for (const fd of attempt(() => readdirSync(`/proc/${pid}/fd`), [])) {
      const link = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '');
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode && inodes.has(inode)) {
        return `${attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), 'a program')} (process ${pid})`;
      }
    }
  }
  return undefined;
}
