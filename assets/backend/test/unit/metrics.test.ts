import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BYTES_PER_CONNECTION, type CapacityFacts, capacity } from '../../src/metrics/capacity.ts';
import { detectScope, readUsage } from '../../src/metrics/cgroup.ts';
import { fileDescriptors, SystemMeter } from '../../src/metrics/system.ts';

const GIB = 2 ** 30;

/** A folder with these files in place of /proc and /sys. */
function fakeRoot(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'btcw-root-'));
  roots.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const roots: string[] = [];
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});

describe('readUsage', () => {
  const cgroup = 'sys/fs/cgroup';
  const v2 = {
    '.dockerenv': '',
    [`${cgroup}/cgroup.controllers`]: 'cpu memory',
    [`${cgroup}/cpu.max`]: '50000 100000\n',
    [`${cgroup}/cpu.stat`]: 'usage_usec 1234\nuser_usec 1000\n',
    [`${cgroup}/memory.current`]: '5000\n',
    [`${cgroup}/memory.stat`]: 'anon 1\ninactive_file 2000\nactive_file 3\n',
    [`${cgroup}/memory.max`]: '8000\n',
  };
  const limited = { cpuUsec: 1234, cores: 0.5, memoryBytes: 3000, memoryLimitBytes: 8000 };

  it('reads cgroup v2', () => {
    expect(readUsage('container', fakeRoot(v2))).toEqual(limited);
  });

  it("takes the machine's cores and memory where cgroup v2 has no limit", () => {
    const root = fakeRoot({ ...v2, [`${cgroup}/cpu.max`]: 'max 100000', [`${cgroup}/memory.max`]: 'max' });
    const machine = { cores: availableParallelism(), memoryLimitBytes: totalmem() };
    expect(readUsage('container', root)).toMatchObject(machine);
  });

  it('reads cgroup v1', () => {
    const v1 = (quota: string, limit: string) => ({
      [`${cgroup}/cpuacct/cpuacct.usage`]: '1234000',
      [`${cgroup}/cpu/cpu.cfs_quota_us`]: quota,
      [`${cgroup}/cpu/cpu.cfs_period_us`]: '100000',
      [`${cgroup}/memory/memory.usage_in_bytes`]: '5000',
      [`${cgroup}/memory/memory.stat`]: 'inactive_file 1\ntotal_inactive_file 2000\n',
      [`${cgroup}/memory/memory.limit_in_bytes`]: limit,
    });
    expect(readUsage('container', fakeRoot(v1('50000', '8000')))).toEqual(limited);
    const unlimited = readUsage('container', fakeRoot(v1('-1', '9223372036854771712')));
    expect(unlimited).toMatchObject({ cores: availableParallelism(), memoryLimitBytes: totalmem() });
  });

  it('reads the host, without idle time and with memory that could be freed', () => {
    const root = fakeRoot({
      'proc/stat': 'cpu  100 20 30 9999 8888 4 5 6 77 0\ncpu0 1 2 3\n',
      'proc/meminfo': 'MemTotal:        1000 kB\nMemFree: 1 kB\nMemAvailable:     400 kB\n',
    });
    expect(readUsage('host', root)).toMatchObject({
      cpuUsec: 165 * 10_000,
      memoryBytes: 600 * 1024,
      memoryLimitBytes: 1000 * 1024,
    });
  });

  it('falls back to the host where a container shows no cgroup files', () => {
    expect(detectScope(fakeRoot(v2))).toBe('container');
    expect(detectScope(fakeRoot({ '.dockerenv': '' }))).toBe('host');
    expect(detectScope(fakeRoot({}))).toBe('host');
  });
});

it('sees a busy CPU and a blocked event loop', async () => {
  const meter = new SystemMeter(tmpdir());
  meter.sample();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const until = performance.now() + 300;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { cpu, memory, disk, event_loop_delay_ms: delay } = meter.sample();
  expect(cpu.percent).toBeGreaterThan(10);
  expect(delay.max).toBeGreaterThan(200);
  expect(memory.percent).toBeGreaterThan(0);
  expect(disk.total_bytes).toBeGreaterThan(disk.used_bytes);
  meter.stop();
});

it('finds its own file descriptors', () => {
  const { used, limit } = fileDescriptors();
  expect(used).toBeGreaterThan(2);
  expect(limit).toBeGreaterThan(used);
});

describe('capacity', () => {
  const share = { used_bytes: GIB, total_bytes: 2 * GIB, percent: 50 };
  const facts: CapacityFacts = {
    connections: 1_000,
    maxConnections: 5_000,
    sample: { memory: share, disk: share },
    databaseBytes: 4_096,
    descriptors: { used: 1_100, limit: 1_000_000 },
  };

  it('is limited by the configured maximum while all else is plenty', () => {
    expect(capacity(facts)).toMatchObject({
      connections: { used: 1_000, max: 5_000, percent: 20 },
      headroom: { connections: 4_000, limited_by: 'max_connections' },
    });
  });

  it('is limited by file descriptors or memory where these end first', () => {
    const few = { ...facts, descriptors: { used: 1_100, limit: 1_200 } };
    expect(capacity(few).headroom).toEqual({ connections: 100, limited_by: 'file_descriptors' });
    const memory = { ...share, used_bytes: 2 * GIB - 10 * BYTES_PER_CONNECTION };
    const tight = { ...facts, sample: { memory, disk: share } };
    expect(capacity(tight).headroom).toEqual({ connections: 10, limited_by: 'memory' });
  });
});
