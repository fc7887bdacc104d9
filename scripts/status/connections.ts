/** Connections to the reverse proxy, from the kernel's table of its container. */
import { readFileSync } from 'node:fs';
import { tryDocker } from '../docker/client.ts';
import { engineMachine } from '../docker/engine.ts';
import { type ContainerInspection, nameOf } from '../docker/inspect.ts';

/** The kernel's number for an established connection. */
const ESTABLISHED = '01';

/**
 * Established connections to some ports, as `netstat -an | grep ESTABLISHED | grep <port>` would count them.
 * @param table the text of /proc/<pid>/net/tcp
 */
export function establishedOn(table: string, ports: readonly number[]): number {
  const suffixes = ports.map((port) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`);
  return table.split('\n').filter((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return suffixes.some((suffix) => local?.endsWith(suffix)) && state === ESTABLISHED;
  }).length;
}

async function tcpTable(container: ContainerInspection): Promise<string> {
  const isHere = (await engineMachine()) === undefined;
  try {
    if (isHere) return readFileSync(`/proc/${container.State.Pid}/net/tcp`, 'utf8');
  } catch {
    // The process is another user's.
  }
  return String((await tryDocker(['exec', nameOf(container), 'cat', '/proc/net/tcp'])).stdout);
}

/**
 * Counts the established connections to a container's ports.
 * @param ports inside the container
 * @returns undefined where the container does not run
 */
export async function connectionsOf(
  container: ContainerInspection | undefined,
  ports: readonly number[],
): Promise<number | undefined> {
  if (container?.State.Status !== 'running') return undefined;
  return establishedOn(await tcpTable(container), ports);
}
