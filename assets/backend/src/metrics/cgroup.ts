import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

/** What the kernel has counted for this container or host since it started, and what it may use. */
export interface Usage {
  /** CPU time used, in microseconds. */
  readonly cpuUsec: number;
  /** CPU time it may use per time that passes; a fraction where the container has a CPU limit. */
  readonly cores: number;
  /** Memory in use, without the page cache that the kernel would give back, in bytes. */
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
}

export type Scope = 'container' | 'host';

/** The unit of /proc/stat: 100 per second on every Linux that Node runs on. */
const USEC_PER_TICK = 10_000;

/**
 * A container is known by the file that Docker or Podman leaves in it. Where it shows no cgroup files
 * (gVisor, for one), the machine is measured instead.
 */
export function detectScope(root = '/'): Scope {
  if (!['.dockerenv', 'run/.containerenv'].some((mark) => existsSync(join(root, mark)))) return 'host';
  try {
    readUsage('container', root);
    return 'container';
  } catch {
    return 'host';
  }
}

/**
 * @param root where /proc and /sys are looked for
 * @throws the file system's error where a file of theirs is missing
 */
export function readUsage(scope: Scope, root = '/'): Usage {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  if (scope === 'host') return readHost(read);
  const isV2 = existsSync(join(root, 'sys/fs/cgroup/cgroup.controllers'));
  const usage = isV2 ? readV2(read) : readV1(read);
  return {
    ...usage,
    // Without a limit there is "max", a huge number or -1, which is to say the machine's own.
    cores: usage.cores > 0 ? Math.min(usage.cores, availableParallelism()) : availableParallelism(),
    memoryLimitBytes: Math.min(usage.memoryLimitBytes || totalmem(), totalmem()),
  };
}

type Read = (path: string) => string;

/** @see https://docs.kernel.org/admin-guide/cgroup-v2.html */
function readV2(read: Read): Usage {
  const file = (name: string) => read(`sys/fs/cgroup/${name}`);
  const [quota, period] = file('cpu.max').split(' ');
  return {
    cpuUsec: field(file('cpu.stat'), 'usage_usec'),
    cores: Number(quota) / Number(period),
    memoryBytes: Number(file('memory.current')) - field(file('memory.stat'), 'inactive_file'),
    memoryLimitBytes: Number(file('memory.max')),
  };
}

/** @see https://docs.kernel.org/admin-guide/cgroup-v1/ */
function readV1(read: Read): Usage {
  const cpu = (name: string) => read(`sys/fs/cgroup/cpu/cpu.${name}`);
  const memory = (name: string) => read(`sys/fs/cgroup/memory/memory.${name}`);
  return {
    cpuUsec: Number(read('sys/fs/cgroup/cpuacct/cpuacct.usage')) / 1000,
    cores: Number(cpu('cfs_quota_us')) / Number(cpu('cfs_period_us')),
    memoryBytes: Number(memory('usage_in_bytes')) - field(memory('stat'), 'total_inactive_file'),
    memoryLimitBytes: Number(memory('limit_in_bytes')),
  };
}

/** @see proc(5): the first line of /proc/stat has user, nice, system, idle, iowait, irq, softirq and steal. */
function readHost(read: Read): Usage {
  const ticks = (read('proc/stat').split('\n', 1)[0] ?? '').split(/\s+/).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks;
  const meminfo = read('proc/meminfo');
  const total = field(meminfo, 'MemTotal:') * 1024;
  return {
    cpuUsec: (user + nice + system + irq + softirq + steal) * USEC_PER_TICK,
    cores: availableParallelism(),
    memoryBytes: total - field(meminfo, 'MemAvailable:') * 1024,
    memoryLimitBytes: total,
  };
}

function field(text: string, name: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length).match(/\d+/)?.[0] ?? Number.NaN);
}
