/** What `status` shows: gathered in parallel; what cannot be had is undefined. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messages } from '../../messages/index.ts';
import type { Service } from '../../stacks/topology/service.ts';
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import { localUrl, mainTunnel, publicUrl, serviceUrl } from '../../stacks/topology/urls.ts';
import { profileOf } from '../deployment/profile.ts';
import type { Deployment } from '../deployment/project.ts';
import { apiUpstream } from '../deployment/routes.ts';
import { readTunnelLog, runBeganMs, type TunnelLog, wasUp, wentDownAt } from '../deployment/tunnel.ts';
import { type ContainerInspection, healthOf, inspect, nameOf, stateText } from '../docker/inspect.ts';
import { type LogSelection, readLog } from '../docker/logs.ts';
import { oldWorkersOf } from '../docker/old-workers.ts';
import { oomKillsOf } from '../docker/oom.ts';
import type { AppProfile } from '../lib/app-profile.ts';
import { ask } from '../lib/http.ts';
import { byTime, type LogLine, lastError, logLine } from '../lib/log-lines.ts';
import { connectionsOf } from './connections.ts';
import { cpuPercent, gatherUsages, type Usages } from './usage.ts';

export interface ContainerStatus {
  /** Name of its service. @example 'nginx' */
  readonly service: string;
  readonly name: string;
  /** Docker's word for its state, or `missing`. */
  readonly status: string;
  readonly health: string;
  readonly startedAtMs: number;
  readonly restarts: number;
  /** Processes that the kernel has ended at the memory limit, since the start. */
  readonly oomKills: number | undefined;
  /** Percent of one CPU. */
  readonly cpuPercent: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly memoryLimitBytes: number | undefined;
}

/** What the reference backend answers at its statistics path. */
export interface WsStats {
  readonly connections: number;
  readonly max_connections: number;
  readonly topics: Readonly<Record<string, number>>;
  readonly messages_in: number;
  readonly messages_out: number;
  readonly dropped: number;
}

/** What `status` shows. Names are those of `status --json`, which has moments in ISO 8601. */
export interface StatusFacts {
  readonly nowMs: number;
  readonly project: string;
  readonly containers: readonly ContainerStatus[];
  /** Established connections on the reverse proxy's ports, and how many it serves at once on each. */
  readonly connections: number | undefined;
  readonly maxConnections: number;
  /** Workers of nginx that reloads have left to their open connections. */
  readonly oldWorkers: number | undefined;
  readonly nginxPorts: readonly number[];
  readonly tunnel: { readonly up: boolean; readonly reason: string; readonly sinceMs: number | undefined };
  /** Name of the application's profile. */
  readonly profile: string;
  readonly webSockets: WsStats | undefined;
  /** What the application answers at the statistics path of its profile. */
  readonly statistics: object | undefined;
  readonly lastErrors: readonly LogLine[];
  readonly local: string;
  readonly public: string;
}

const LOG_TAIL = 300;
const SAMPLE_MS = 400;

/** The last lines of a service's log. */
interface ServiceLog {
  readonly service: string;
  readonly lines: readonly LogLine[];
}

async function logOf(
  { name, containerName }: Service,
  { tail = LOG_TAIL }: Pick<LogSelection, 'tail'> = {},
): Promise<ServiceLog> {
  const { text } = await readLog(containerName, { timestamps: true, tail });
  const lines = text.split('\n').map((line) => logLine(name, line));
  return { service: name, lines: byTime(lines.filter((line) => line !== undefined)) };
}

/** Two readings of the counters. @param before an earlier one. @default - one is taken first, which costs 0.4 s */
async function usagesNow(services: readonly Service[], before: Usages | undefined) {
  const first = before ?? (await gatherUsages(services));
  if (!before) await sleep(SAMPLE_MS);
  return { first, second: await gatherUsages(services) };
}

/** What the backend answers at the statistics path of its profile; undefined where there is none. */
async function statistics(topology: Topology, profile: AppProfile): Promise<object | undefined> {
  const { statsPath } = profile;
  if (!statsPath) return undefined;
  const { service } = apiUpstream(topology, profile);
  const { status, body } = await ask(`${serviceUrl(topology, service)}${statsPath}`);
  if (status !== 200) return undefined;
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** Whether statistics are of the reference application's shape. */
const isWsStats = (answer: object | undefined): answer is WsStats =>
  typeof (answer as WsStats | undefined)?.connections === 'number' &&
  Boolean((answer as WsStats).topics) &&
  typeof (answer as WsStats).dropped === 'number';

/** The tunnel as its client's log has it since the client's start, and since when it is so. */
async function tunnelOf(
  container: ContainerInspection | undefined,
  client: Service,
  lines: readonly LogLine[],
  { settings }: Deployment,
): Promise<Pick<TunnelLog, 'up' | 'reason'> & { readonly sinceMs: number | undefined }> {
  if (container?.State.Status !== 'running') {
    const state = stateText(container?.State.Status ?? 'missing');
    const reason = messages.status.facts.clientIs(client.containerName, state);
    return { up: false, reason, sinceMs: undefined };
  }
  const beganMs = runBeganMs(container.State.StartedAt);
  const present = ({ time }: LogLine) => Date.parse(time) >= beganMs;
  const asText = (from: readonly LogLine[]) => from.map(({ time, text }) => `${time} ${text}`).join('\n');
  const log = asText(lines.filter(present));
  const { up, reason, line } = readTunnelLog(log, settings);
  // What is down for long has its beginning before the last lines.
  const isShort = !up && lines.every(present) && lines.length >= LOG_TAIL && !wasUp(log);
  const whole = isShort ? asText((await logOf(client, { tail: 'all' })).lines.filter(present)) : log;
  const sinceMs = Date.parse(((up ? line : wentDownAt(whole)) ?? line).split(' ', 1)[0] ?? '');
  return { up, reason, sinceMs: Number.isNaN(sinceMs) ? undefined : sinceMs };
}

function containerStatus(
  { name: service, containerName: name }: Service,
  container: ContainerInspection | undefined,
  usages: { readonly first: Usages; readonly second: Usages },
  oomKills: number | undefined,
): ContainerStatus {
  const [first, second] = [usages.first.get(name), usages.second.get(name)];
  return {
    service,
    name,
    status: container?.State.Status ?? 'missing',
    health: container ? healthOf(container) : 'none',
    startedAtMs: Date.parse(container?.State.StartedAt ?? ''),
    restarts: container?.RestartCount ?? 0,
    oomKills,
    cpuPercent: first && second && cpuPercent(first, second),
    memoryBytes: second?.memoryBytes,
    memoryLimitBytes: second?.memoryLimitBytes,
  };
}

/** @param before an earlier reading of the counters. @default - one is taken first, which costs 0.4 s */
export async function gatherStatus(
  deployment: Deployment,
  redact: (text: string) => string,
  before?: Usages,
): Promise<{ facts: StatusFacts; usages: Usages }> {
  const { settings, topology } = deployment;
  const { services } = topology;
  const profile = profileOf(settings, topology);
  const [containers, usages, answer, logs] = await Promise.all([
    inspect(
      'container',
      services.map(({ containerName }) => containerName),
    ),
    usagesNow(services, before),
    statistics(topology, profile),
    Promise.all(services.map((service) => logOf(service))),
  ]);
  const containerOf = ({ containerName }: Service) =>
    containers.find((container) => nameOf(container) === containerName);

  const client = serviceNamed(topology, mainTunnel(topology).client);
  const clientLines = logs.find(({ service }) => service === client.name)?.lines ?? [];
  const tunnel = await tunnelOf(containerOf(client), client, clientLines, deployment);
  /** What kept the tunnel down before it came up is no error any more. */
  const isOver = ({ service, time }: LogLine) =>
    service === client.name && tunnel.up && Date.parse(time) < (tunnel.sinceMs ?? 0);

  const proxy = serviceNamed(topology, topology.proxy);
  const { ports } = proxy;
  const facts: StatusFacts = {
    nowMs: Date.now(),
    project: topology.project,
    containers: await Promise.all(
      services.map(async (service) => {
        const container = containerOf(service);
        const oomKills = container && (await oomKillsOf(container).catch(() => undefined));
        return containerStatus(service, container, usages, oomKills);
      }),
    ),
    connections: await connectionsOf(
      containerOf(proxy),
      ports.map(({ container }) => container),
    ).catch(() => undefined),
    maxConnections: settings.BTCW_MAX_CONNECTIONS,
    oldWorkers: await oldWorkersOf(proxy.containerName),
    nginxPorts: ports.map(({ host }) => host),
    tunnel: { ...tunnel, reason: redact(tunnel.reason) },
    profile: profile.name,
    webSockets: isWsStats(answer) ? answer : undefined,
    statistics: answer,
    lastErrors: logs
      .map(({ lines }) => lastError(lines.filter((line) => !isOver(line))))
      .filter((line) => line !== undefined)
      .map((line) => ({ ...line, text: redact(line.text) })),
    local: localUrl(topology),
    public: publicUrl(topology),
  };
  return { facts, usages: usages.second };
}
