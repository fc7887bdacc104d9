/** Each service's container: its state, its health checks, its log. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PACKAGES_LABEL } from '../../../stacks/topology/labels.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import {
  type ContainerInspection,
  healthOf,
  inspectWithin,
  nameOf,
  publishedAt,
} from '../../docker/inspect.ts';
import { lastLogLine } from '../../docker/logs.ts';
import { oomKillsOf } from '../../docker/oom.ts';
import { tail } from '../../lib/text.ts';
import type { DockerQuestions } from './docker.ts';
import { fact } from './fact.ts';
import { gatherLogReadable } from './log.ts';
import { DEADLINES_MS } from './rounds.ts';

/** A container as far as its health is concerned; times in ms. */
export interface ContainerFacts {
  readonly name: string;
  /** When the engine was asked: what it says is of then, and not of the end of a long run. */
  readonly inspectedMs: number;
  /** @example 'running', 'paused', 'exited', 'restarting' */
  readonly status: string;
  /** @example 'healthy', 'unhealthy', 'starting', 'none' */
  readonly health: string;
  readonly pid: number;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** Why Docker could not start it; '' where it could. */
  readonly startError: string;
  readonly restarts: number;
  /** Processes that the kernel has ended at its memory limit; undefined where that is not known. */
  readonly oomKills: number | undefined;
  readonly startedAt: string;
  readonly startedAtMs: number;
  /** When the oldest of its image's packages were fetched; undefined for an image that is not built here. */
  readonly packagesAtMs: number | undefined;
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
  /** Whether `docker logs` gets as far as the newest line; undefined where that is not certain. */
  readonly logReadable: boolean | undefined;
  /** Where its ports are published, whatever the settings say. @example ['127.0.0.1:8501'] */
  readonly published: readonly string[];
  /** Its own address on its network; empty on the host's. @example '172.17.0.3' */
  readonly address: string;
}

/** Docker's default for a health check without an interval. */
const DEFAULT_HEALTH_INTERVAL_NS = 30e9;
const NS_PER_MS = 1e6;
const [LOG_DEADLINE_MS] = DEADLINES_MS;

const UNIT_BYTES: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** What Docker's log options allow. @example logLimit({ 'max-size': '10m', 'max-file': '3' }) */
export function logLimit(options: Readonly<Record<string, string>>): number | undefined {
  const match = /^(\d+)([kmg]?)b?$/i.exec(options['max-size'] ?? '');
  if (!match) return undefined;
  const fileBytes = Number(match[1]) * (UNIT_BYTES[(match[2] ?? '').toLowerCase()] ?? 1);
  return fileBytes * Math.max(1, Number(options['max-file'] ?? '1'));
}

/** Missed intervals after which health checks count as stopped. */
const MISSED_CHECKS = 3;
const HEALTH_TIMEOUT_MS = 5_000;

/** How long a container's health checks may be silent, and how long they are; undefined where it has none. */
export function healthSilence(
  { healthIntervalMs, lastHealthCheckMs, startedAtMs, inspectedMs }: ContainerFacts,
  engineSkewMs = 0,
): { readonly ageMs: number; readonly isOver: boolean } | undefined {
  if (healthIntervalMs === undefined) return undefined;
  const ageMs = inspectedMs + engineSkewMs - Math.max(lastHealthCheckMs ?? 0, startedAtMs);
  return { ageMs, isOver: ageMs > MISSED_CHECKS * (healthIntervalMs + HEALTH_TIMEOUT_MS) };
}

/** Whether nothing is known against it: where it does not run, or Docker finds it unhealthy, that is what is wrong. */
export const isUp = (container: ContainerFacts | undefined): boolean =>
  !container || (container.status === 'running' && container.health !== 'unhealthy');

/** Size of a log file and of those that it was rotated to. */
function logBytes(path: string): number {
  const folder = dirname(path);
  return readdirSync(folder)
    .filter((name) => name.startsWith(basename(path)))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

const isHealthy = (container: ContainerInspection): boolean =>
  container.State.Status === 'running' && ['healthy', 'none'].includes(healthOf(container));

/** What the engine says of a container by itself. */
type Inspected = Omit<ContainerFacts, 'lastLogLine' | 'logBytes' | 'logReadable' | 'oomKills'>;

function inspected(container: ContainerInspection, inspectedMs: number): Inspected {
  const { State, Config, HostConfig, RestartCount, LogPath, NetworkSettings } = container;
  const latest = State.Health?.Log?.at(-1);
  const intervalNs = Config.Healthcheck?.Interval || DEFAULT_HEALTH_INTERVAL_NS;
  const [network] = Object.values(NetworkSettings.Networks);
  const packagesAt = Config.Labels?.[PACKAGES_LABEL];
  return {
    name: nameOf(container),
    inspectedMs,
    status: State.Status,
    health: healthOf(container),
    pid: State.Pid,
    exitCode: State.ExitCode,
    outOfMemory: State.OOMKilled,
    startError: State.Error ?? '',
    restarts: RestartCount,
    startedAt: State.StartedAt,
    startedAtMs: Date.parse(State.StartedAt),
    packagesAtMs: packagesAt === undefined ? undefined : Date.parse(packagesAt),
    healthIntervalMs: State.Health ? intervalNs / NS_PER_MS : undefined,
    lastHealthCheckMs: latest && Date.parse(latest.End),
    healthOutput: latest && latest.ExitCode !== 0 ? tail(latest.Output, 1).trim() : '',
    logLimitBytes: logLimit(HostConfig.LogConfig.Config ?? {}),
    logPath: LogPath ?? '',
    published: publishedAt(container),
    address: network?.IPAddress ?? '',
  };
}

async function withLog(container: ContainerInspection, facts: Inspected, docker: DockerQuestions) {
  const { name, logPath } = facts;
  const quiet = isHealthy(container) && container.RestartCount === 0;
  const [lastLine, bytes, readable, oomKills] = await Promise.all([
    quiet ? '' : fact(() => lastLogLine(name, LOG_DEADLINE_MS)),
    logPath ? fact(() => logBytes(logPath)) : undefined,
    fact(() => gatherLogReadable(name, docker)),
    fact(() => oomKillsOf(container)),
  ]);
  return { ...facts, lastLogLine: lastLine ?? '', logBytes: bytes, logReadable: readable, oomKills };
}

/** Found by name, as a container without the project's labels takes that name, too. */
async function inspectAll({ services }: Topology, docker: DockerQuestions) {
  const names = services.map(({ containerName }) => containerName);
  const inspections = await docker.ask('docker container inspect', async (deadlineMs) => {
    const askedMs = Date.now();
    return { ...(await inspectWithin(deadlineMs, 'container', names)), askedMs };
  });
  return inspections.found.map((container) => ({
    container,
    facts: inspected(container, inspections.askedMs),
  }));
}

const byService = <T extends { readonly name: string }>({ services }: Topology, containers: readonly T[]) =>
  Object.fromEntries(
    services.flatMap(({ name, containerName }) => {
      const found = containers.find((container) => container.name === containerName);
      return found ? [[name, found] as const] : [];
    }),
  );

/** By service. */
export async function gatherContainers(
  topology: Topology,
  docker: DockerQuestions,
): Promise<Record<string, ContainerFacts>> {
  const inspections = await inspectAll(topology, docker);
  const containers = await Promise.all(
    inspections.map(({ container, facts }) => withLog(container, facts, docker)),
  );
  return byService(topology, containers);
}

/** Asks the engine again for what may have changed since, after a pause; the logs stay as they were read. */
export async function inspectAgain(
  topology: Topology,
  containers: Readonly<Record<string, ContainerFacts>>,
  docker: DockerQuestions,
  pauseMs: number,
): Promise<Record<string, ContainerFacts>> {
  await docker.rounds.alone(() => sleep(pauseMs));
  const inspections = await inspectAll(topology, docker);
  const later = byService(
    topology,
    inspections.map(({ facts }) => facts),
  );
  return Object.fromEntries(
    Object.entries(containers).map(([service, facts]) => [service, { ...facts, ...later[service] }]),
  );
}

/** What a health check that has only been late needs to end. */
export const nextHealthCheckMs = (containers: readonly ContainerFacts[]): number =>
  HEALTH_TIMEOUT_MS + Math.max(0, ...containers.map(({ healthIntervalMs = 0 }) => healthIntervalMs));
