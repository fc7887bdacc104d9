/** Each service's container: its state, its health checks, its log. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { type ContainerInspection, healthOf, inspect, nameOf } from '../../docker/inspect.ts';
import { lastLogLine, readLog } from '../../docker/logs.ts';
import { tail } from '../../lib/text.ts';
import { fact, PROBE_MS } from './fact.ts';

/** A container as far as its health is concerned; times in ms. */
export interface ContainerFacts {
  readonly name: string;
  /** @example 'running', 'paused', 'exited', 'restarting' */
  readonly status: string;
  /** @example 'healthy', 'unhealthy', 'starting', 'none' */
  readonly health: string;
  readonly pid: number;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  readonly restarts: number;
  readonly startedAt: string;
  readonly startedAtMs: number;
  /** Undefined without a health check. */
  readonly healthIntervalMs: number | undefined;
  /** End of the latest health check; undefined before the first. */
  readonly lastHealthCheckMs: number | undefined;
  /** What the latest health check printed if it failed. */
  readonly healthOutput: string;
  /** The last line it printed; only of containers that are unhealthy or were restarted. */
  readonly lastLogLine: string;
  /** Size of all its log files, where this user may see them. */
  readonly logBytes: number | undefined;
  /** What its log options allow; undefined where they set no limit. */
  readonly logLimitBytes: number | undefined;
  readonly logPath: string;
  /** Whether `docker logs` gets as far as the newest line; undefined where there is none. */
  readonly logReadable: boolean | undefined;
}

/** Docker's default for a health check without an interval. */
const DEFAULT_HEALTH_INTERVAL_NS = 30e9;
const NS_PER_MS = 1e6;

const UNIT_BYTES: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** What Docker's log options allow. @example logLimit({ 'max-size': '10m', 'max-file': '3' }) */
export function logLimit(options: Readonly<Record<string, string>>): number | undefined {
  const match = /^(\d+)([kmg]?)b?$/i.exec(options['max-size'] ?? '');
  if (!match) return undefined;
  const fileBytes = Number(match[1]) * (UNIT_BYTES[(match[2] ?? '').toLowerCase()] ?? 1);
  return fileBytes * Math.max(1, Number(options['max-file'] ?? '1'));
}

/** Size of a log file and of those that it was rotated to. */
function logBytes(path: string): number {
  const folder = dirname(path);
  return readdirSync(folder)
    .filter((name) => name.startsWith(basename(path)))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

async function logReadable(name: string): Promise<boolean | undefined> {
  const firstTime = async (lines: number) =>
    /^\d{4}-\S+Z/.exec((await readLog(name, { timestamps: true, tail: lines }, PROBE_MS)).text)?.[0];
  // With --tail Docker reads from the end of the file, with --since from its beginning.
  const newest = await firstTime(1);
  if (!newest) return (await firstTime(2)) ? false : undefined;
  const { text, timedOut } = await readLog(name, { timestamps: true, since: newest }, PROBE_MS);
  return timedOut ? undefined : text.includes(newest);
}

const isHealthy = (container: ContainerInspection): boolean =>
  container.State.Status === 'running' && ['healthy', 'none'].includes(healthOf(container));

async function containerFacts(container: ContainerInspection): Promise<ContainerFacts> {
  const { State, Config, HostConfig, RestartCount, LogPath } = container;
  const name = nameOf(container);
  const latest = State.Health?.Log?.at(-1);
  const intervalNs = Config.Healthcheck?.Interval || DEFAULT_HEALTH_INTERVAL_NS;
  const quiet = isHealthy(container) && RestartCount === 0;
  const [lastLine, bytes, readable] = await Promise.all([
    quiet ? '' : fact(() => lastLogLine(name, PROBE_MS)),
    LogPath ? fact(() => logBytes(LogPath)) : undefined,
    fact(() => logReadable(name)),
  ]);
  return {
    name,
    status: State.Status,
    health: healthOf(container),
    pid: State.Pid,
    exitCode: State.ExitCode,
    outOfMemory: State.OOMKilled,
    restarts: RestartCount,
    startedAt: State.StartedAt,
    startedAtMs: Date.parse(State.StartedAt),
    healthIntervalMs: State.Health ? intervalNs / NS_PER_MS : undefined,
    lastHealthCheckMs: latest && Date.parse(latest.End),
    healthOutput: latest && latest.ExitCode !== 0 ? tail(latest.Output, 1).trim() : '',
    lastLogLine: lastLine ?? '',
    logBytes: bytes,
    logLimitBytes: logLimit(HostConfig.LogConfig.Config ?? {}),
    logPath: LogPath ?? '',
    logReadable: readable,
  };
}

/** By service. Looked up by name: a container without the project's labels takes that name, too. */
export async function gatherContainers({ services }: Topology): Promise<Record<string, ContainerFacts>> {
  const inspections = await inspect(
    'container',
    services.map(({ containerName }) => containerName),
  );
  const containers = await Promise.all(inspections.map(containerFacts));
  return Object.fromEntries(
    services.flatMap(({ name, containerName }) => {
      const found = containers.find((container) => container.name === containerName);
      return found ? [[name, found]] : [];
    }),
  );
}
