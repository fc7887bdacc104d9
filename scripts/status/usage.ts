/** CPU and memory of containers, from the engine's counters. */
import type { Service } from '../../stacks/topology/service.ts';
import { type EngineApi, engineApi } from '../docker/api.ts';

/** One reading of a container's counters. */
export interface Usage {
  /** CPU time of the container, in ns. */
  readonly cpuNs: number;
  /** CPU time of the whole host, in ns. */
  readonly systemNs: number;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
}

/** By the containers' names; those that do not run are missing. */
export type Usages = ReadonlyMap<string, Usage>;

/** CPU between two readings, in percent of one CPU. */
export function cpuPercent(before: Usage, after: Usage): number | undefined {
  const system = after.systemNs - before.systemNs;
  if (system <= 0) return undefined;
  return Math.max(0, ((after.cpuNs - before.cpuNs) / system) * after.cpus * 100);
}

/** https://docs.docker.com/reference/api/engine/ (ContainerStats): the fields that are read. */
interface EngineStats {
  readonly cpu_stats: {
    readonly cpu_usage: { readonly total_usage: number };
    readonly system_cpu_usage?: number;
    readonly online_cpus?: number;
  };
  readonly memory_stats: {
    readonly usage?: number;
    readonly limit?: number;
    readonly stats?: { readonly inactive_file?: number; readonly total_inactive_file?: number };
  };
}

async function usageOf(api: EngineApi, container: string): Promise<Usage | undefined> {
  const path = `/containers/${container}/stats?stream=false&one-shot=true`;
  const { status, body } = await api.get(path);
  if (status !== 200) return undefined;
  const { cpu_stats: cpu, memory_stats: memory } = JSON.parse(body) as EngineStats;
  if (memory.usage === undefined) return undefined;
  // As `docker stats` counts: without the files the kernel would give back.
  const files = memory.stats?.inactive_file ?? memory.stats?.total_inactive_file ?? 0;
  return {
    cpuNs: cpu.cpu_usage.total_usage,
    systemNs: cpu.system_cpu_usage ?? 0,
    cpus: cpu.online_cpus ?? 1,
    memoryBytes: Math.max(0, memory.usage - files),
    memoryLimitBytes: memory.limit ?? 0,
  };
}

/** Reads the counters of all containers at once: two seconds faster than `docker stats`. */
export async function gatherUsages(services: readonly Pick<Service, 'containerName'>[]): Promise<Usages> {
  const api = await engineApi();
  const readings = await Promise.all(
    services.map(async ({ containerName }) => {
      const usage = await usageOf(api, containerName).catch(() => undefined);
      return usage ? [[containerName, usage] as const] : [];
    }),
  );
  api.close();
  return new Map(readings.flat());
}
