/** What `status` shows: gathered in parallel; what cannot be had is undefined. */
import { readFileSync } from 'node:fs';
import type { Settings } from '../../stacks/settings.ts';
import { CONTAINER_PORT } from '../../stacks/versions.ts';
import { COMPONENTS, componentsOf } from '../lib/components.ts';
import { ask } from '../lib/http.ts';
import { byTime, type LogLine, lastError, logLine } from '../lib/log-lines.ts';
import { tryDocker } from '../lib/programs.ts';
import { localUrl, publicUrl, runBeganMs, tunnelStory } from '../lib/tunnel.ts';

/** One reading of a container's counters. */
export interface Usage {
  readonly cpuNs: number;
  readonly systemNs: number;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
}

export interface ContainerStatus {
  readonly component: string;
  readonly name: string;
  readonly status: string;
  readonly health: string;
  readonly startedAtMs: number;
  readonly restarts: number;
  /** Percent of one CPU. */
  readonly cpuPercent: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly memoryLimitBytes: number | undefined;
}

/** What the reference backend answers at /api/v1/ws/stats. */
export interface WsStats {
  readonly connections: number;
  readonly max_connections: number;
  readonly topics: Readonly<Record<string, number>>;
  readonly messages_in: number;
  readonly messages_out: number;
  readonly dropped: number;
}

export interface StatusFacts {
  readonly nowMs: number;
  readonly project: string;
  readonly containers: readonly ContainerStatus[];
  /** Established connections on nginx's port, and how many it serves at once. */
  readonly connections: number | undefined;
  readonly maxConnections: number;
  readonly nginxPort: number;
  readonly tunnel: { readonly up: boolean; readonly reason: string; readonly sinceMs: number | undefined };
  readonly webSockets: WsStats | undefined;
  readonly lastErrors: readonly LogLine[];
  readonly local: string;
  readonly public: string;
}

const LOG_TAIL = '300';
const SAMPLE_MS = 400;

/** The kernel's number for an established connection. */
const ESTABLISHED = '01';

/**
 * The seed's `netstat -an | grep ESTABLISHED | grep 8501`, from the kernel's own table.
 * @param table the text of /proc/<pid>/net/tcp
 */
export function establishedOn(table: string, port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const fields = table.split('\n').map((line) => line.trim().split(/\s+/));
  return fields.filter((one) => one[1]?.endsWith(suffix) && one[3] === ESTABLISHED).length;
}

/** CPU between two readings, in percent of one CPU. */
export function cpuPercent(before: Usage, after: Usage): number | undefined {
  const system = after.systemNs - before.systemNs;
  if (system <= 0) return undefined;
  return Math.max(0, ((after.cpuNs - before.cpuNs) / system) * after.cpus * 100);
}

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

/** The engine's socket where it is on this host: asking it is two seconds faster than `docker stats`. */
function engineSocket(): string | undefined {
  const host = process.env.DOCKER_HOST;
  if (!host) return '/var/run/docker.sock';
  return host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
}

async function usage(name: string): Promise<Usage | undefined> {
  const socketPath = engineSocket();
  if (!socketPath) return undefined;
  const { status, body } = await ask(`http://docker/containers/${name}/stats?stream=false&one-shot=true`, {
    socketPath,
    deadlineMs: 3_000,
  });
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

export type Usages = ReadonlyMap<string, Usage>;

export async function gatherUsages(project: string): Promise<Usages> {
  const names = COMPONENTS.map((component) => `${project}-${component}`);
  const readings = await Promise.all(
    names.map(async (name) => [name, await usage(name).catch(() => undefined)] as const),
  );
  return new Map(readings.filter((one): one is readonly [string, Usage] => one[1] !== undefined));
}

interface Inspection {
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Pid: number;
    readonly StartedAt: string;
    readonly Health?: { readonly Status: string };
  };
}

async function connectionsOf(nginx: Inspection | undefined): Promise<number | undefined> {
  if (nginx?.State.Status !== 'running') return undefined;
  const read = async () => {
    try {
      return readFileSync(`/proc/${nginx.State.Pid}/net/tcp`, 'utf8');
    } catch {
      // The engine is on another machine, or the process another user's.
      return String((await tryDocker(['exec', nginx.Name.slice(1), 'cat', '/proc/net/tcp'])).stdout);
    }
  };
  return establishedOn(await read(), CONTAINER_PORT.nginx);
}

async function logOf(project: string, component: string): Promise<LogLine[]> {
  const { all } = await tryDocker(['logs', '--timestamps', '--tail', LOG_TAIL, `${project}-${component}`], {
    all: true,
    timeout: 5_000,
  });
  return byTime(
    String(all ?? '')
      .split('\n')
      .map((line) => logLine(component, line))
      .filter((line) => line !== undefined),
  );
}

/** @param before an earlier reading of the counters. @default - one is taken first, which costs 0.4 s */
export async function gatherStatus(
  settings: Settings,
  redact: (text: string) => string,
  before?: Usages,
): Promise<{ facts: StatusFacts; usages: Usages }> {
  const project = settings.BTCW_PROJECT;
  const components = componentsOf(settings);
  const usageNow = async () => {
    const first = before ?? (await gatherUsages(project));
    if (!before) await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    return { first, second: await gatherUsages(project) };
  };
  const [inspected, usages, stats, logs] = await Promise.all([
    tryDocker(['inspect', '--type', 'container', ...components.map((one) => `${project}-${one}`)]),
    usageNow(),
    ask(`http://127.0.0.1:${settings.BTCW_BACKEND_PORT}/api/v1/ws/stats`),
    Promise.all(components.map(async (one) => [one, await logOf(project, one)] as const)),
  ]);
  const inspections = JSON.parse(String(inspected.stdout || '[]')) as Inspection[];
  const find = (component: string) => inspections.find((one) => one.Name === `/${project}-${component}`);
  const frpc = find('frpc');
  const frpcLog = (logs.find(([one]) => one === 'frpc')?.[1] ?? []).filter(
    ({ time }) => Date.parse(time) >= runBeganMs(frpc?.State.StartedAt ?? ''),
  );
  const story =
    frpc?.State.Status === 'running'
      ? tunnelStory(frpcLog.map(({ time, text }) => `${time} ${text}`).join('\n'), settings)
      : { up: false, reason: `${project}-frpc is ${frpc?.State.Status ?? 'missing'}`, line: '' };
  const sinceMs = Date.parse(story.line.split(' ', 1)[0] ?? '');
  const sinceUp = ({ time }: LogLine) => !(Date.parse(time) < sinceMs);
  const facts: StatusFacts = {
    nowMs: Date.now(),
    project,
    containers: components.map((component) => {
      const one = find(component);
      const name = `${project}-${component}`;
      const [first, second] = [usages.first.get(name), usages.second.get(name)];
      return {
        component,
        name,
        status: one?.State.Status ?? 'missing',
        health: one?.State.Health?.Status ?? 'none',
        startedAtMs: Date.parse(one?.State.StartedAt ?? ''),
        restarts: one?.RestartCount ?? 0,
        cpuPercent: first && second && cpuPercent(first, second),
        memoryBytes: second?.memoryBytes,
        memoryLimitBytes: second?.memoryLimitBytes,
      };
    }),
    connections: await connectionsOf(find('nginx')).catch(() => undefined),
    maxConnections: settings.BTCW_MAX_CONNECTIONS,
    nginxPort: settings.BTCW_NGINX_PORT,
    tunnel: {
      up: story.up,
      reason: redact(story.reason),
      sinceMs: Number.isNaN(sinceMs) ? undefined : sinceMs,
    },
    webSockets: stats.status === 200 ? webSocketStats(stats.body) : undefined,
    lastErrors: logs
      // What kept the tunnel down before it came up is over.
      .map(([one, lines]) => (one === 'frpc' && story.up ? lines.filter(sinceUp) : lines))
      .map(lastError)
      .filter((line) => line !== undefined)
      .map((line) => ({ ...line, text: redact(line.text) })),
    local: localUrl(settings),
    public: publicUrl(settings),
  };
  return { facts, usages: usages.second };
}

/** A backend of the user's own may answer something else there. */
function webSocketStats(body: string): WsStats | undefined {
  try {
    const stats = JSON.parse(body) as WsStats;
    return typeof stats.connections === 'number' && stats.topics ? stats : undefined;
  } catch {
    return undefined;
  }
}
