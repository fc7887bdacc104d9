/**
 * How often the kernel has ended a process of a container at its memory limit. Docker tells of it only where it was the
 * container's first process; a child of that is missing, and nothing says why.
 */
import { readFileSync } from 'node:fs';
import { tryDocker } from './client.ts';
import { type ContainerInspection, nameOf } from './inspect.ts';

const EXEC_DEADLINE_MS = 3_000;
const ROOT = '/sys/fs/cgroup';

/**
 * The file with the counter, of the memory controller's own hierarchy (v1) or of the one there is (v2).
 * @param table the text of /proc/<pid>/cgroup
 */
export function counterFile(table: string): string | undefined {
  const lines = table.split('\n').map((line) => line.split(':'));
  const pathOf = (is: (controllers: string) => boolean) =>
    lines
      .find(([, controllers = '-']) => is(controllers))
      ?.slice(2)
      .join(':');
  const own = pathOf((controllers) => controllers.split(',').includes('memory'));
  if (own !== undefined) return `${ROOT}/memory${own}/memory.oom_control`;
  const unified = pathOf((controllers) => controllers === '');
  return unified === undefined ? undefined : `${ROOT}${unified}/memory.events`;
}

/** @param text of either file. @example 'oom_kill_disable 0\nunder_oom 0\noom_kill 2' */
export function oomKillsIn(text: string): number | undefined {
  const [, count] = /^oom_kill (\d+)$/m.exec(text) ?? [];
  return count === undefined ? undefined : Number(count);
}

/** From this host's files, where the process is one of this host's. */
function fromHost({ Id, State }: ContainerInspection): number | undefined {
  try {
    const file = counterFile(readFileSync(`/proc/${State.Pid}/cgroup`, 'utf8'));
    // Of an engine on another machine the process is another one.
    return file?.includes(Id) ? oomKillsIn(readFileSync(file, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
}

/** @returns since the container was started; undefined where it does not run or cannot be read */
export async function oomKillsOf(container: ContainerInspection): Promise<number | undefined> {
  if (container.State.Status !== 'running') return undefined;
  const here = fromHost(container);
  if (here !== undefined) return here;
  const files = [`${ROOT}/memory.events`, `${ROOT}/memory/memory.oom_control`];
  const { stdout } = await tryDocker(['exec', nameOf(container), 'cat', ...files], {
    timeout: EXEC_DEADLINE_MS,
  });
  return oomKillsIn(String(stdout ?? ''));
}
