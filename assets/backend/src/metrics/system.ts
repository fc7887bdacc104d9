import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { detectScope, readUsage, type Scope, type Usage } from './cgroup.ts';

export interface Share {
  readonly used_bytes: number;
  readonly total_bytes: number;
  readonly percent: number;
}

/** One measurement of the container, or of the host where the backend runs outside of one. */
export interface SystemSample {
  readonly scope: Scope;
  readonly cpu: { readonly percent: number; readonly cores: number };
  readonly memory: Share;
  /** The file system that holds the database. */
  readonly disk: Share;
  /** The host's load over 1, 5 and 15 minutes. */
  readonly load: readonly number[];
  readonly event_loop_delay_ms: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly process: { readonly rss_bytes: number; readonly uptime_seconds: number };
}

const LOOP_RESOLUTION_MS = 20;

/** Measures; the CPU and event loop figures are those since the sample before. */
export class SystemMeter {
  readonly #dataDir: string;
  readonly #scope = detectScope();
  readonly #loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  #lastCpuUsec: number;
  #lastTime = performance.now();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#lastCpuUsec = readUsage(this.#scope).cpuUsec;
    this.#loop.enable();
  }

  /** @throws the file system's error where /proc, the cgroup files or the data folder cannot be read */
  sample(): SystemSample {
    const usage = readUsage(this.#scope);
    return {
      scope: this.#scope,
      cpu: this.#cpu(usage),
      memory: share(usage.memoryBytes, usage.memoryLimitBytes),
      disk: this.#disk(),
      load: loadavg().map(round),
      event_loop_delay_ms: this.#loopDelay(),
      process: { rss_bytes: process.memoryUsage.rss(), uptime_seconds: Math.floor(process.uptime()) },
    };
  }

  stop(): void {
    this.#loop.disable();
  }

  #cpu({ cpuUsec, cores }: Usage): SystemSample['cpu'] {
    const now = performance.now();
    const capacityUsec = (now - this.#lastTime) * 1000 * cores;
    const percent = capacityUsec > 0 ? ((cpuUsec - this.#lastCpuUsec) / capacityUsec) * 100 : 0;
    this.#lastCpuUsec = cpuUsec;
    this.#lastTime = now;
    return { percent: round(Math.min(100, Math.max(0, percent))), cores };
  }

  #disk(): Share {
    const { blocks, bfree, bsize } = statfsSync(this.#dataDir);
    return share((blocks - bfree) * bsize, blocks * bsize);
  }

  #loopDelay(): SystemSample['event_loop_delay_ms'] {
    // The histogram holds the time between two of its timer's ticks, of which the resolution is no delay.
    const delay = (nanoseconds: number) => round(Math.max(0, nanoseconds / 1e6 - LOOP_RESOLUTION_MS));
    const { max } = this.#loop;
    const result = {
      p50: delay(this.#loop.percentile(50)),
      p99: delay(this.#loop.percentile(99)),
      max: delay(max),
    };
    this.#loop.reset();
    return result;
  }
}

/** Open file descriptors of this process and how many it may have. */
export function fileDescriptors(): { readonly used: number; readonly limit: number } {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return { used: readdirSync('/proc/self/fd').length, limit: Number(limit ?? Number.POSITIVE_INFINITY) };
}

export function share(usedBytes: number, totalBytes: number): Share {
  const percent = totalBytes > 0 ? round((usedBytes / totalBytes) * 100) : 0;
  return { used_bytes: usedBytes, total_bytes: totalBytes, percent };
}

export function round(value: number): number {
  return Number(value.toFixed(2));
}
