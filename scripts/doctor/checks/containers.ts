/** Each service's container: whether it runs, and whether its health is checked. */
import { portName, type Service } from '../../../stacks/topology/service.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { isOwn } from '../../deployment/profile.ts';
import { COMPLETED } from '../../docker/inspect.ts';
import { span } from '../../lib/text.ts';
import { type ContainerFacts, healthSilence } from '../facts/containers.ts';
import { type Check, hopOf, restartOf, type ServiceCheckId, setAndDeploy, type Verdict } from './check.ts';
import { deployed, engine } from './host.ts';

const LOOP_RESTARTS = 3;
/** How long one that was in a restart loop has to run to be out of it. */
const LOOP_UPTIME_MS = { healthy: 20_000, otherwise: 90_000 };

/** The checks of a service's ports, which it cannot run without. */
const portChecksOf = (service: Service): ServiceCheckId[] =>
  service.ports.map((port) => `port-${portName(service, port)}` as const);

const lastLineOf = ({ lastLogLine }: ContainerFacts): string =>
  lastLogLine ? `; last log line: ${lastLogLine}` : '';

/** What a one-off service has come to. */
function oneOffVerdict(container: ContainerFacts, nowMs: number): Verdict {
  const { name, status, health, exitCode, startedAtMs } = container;
  if (health === COMPLETED) return { ok: `exited (0), started ${span(nowMs - startedAtMs)} ago` };
  if (status === 'running') return { ok: `running for ${span(nowMs - startedAtMs)}` };
  const problem =
    status === 'exited'
      ? `${name} has failed (code ${exitCode})${lastLineOf(container)}`
      : `${name} is ${status}`;
  return { problem, fix: 'npm run deploy' };
}

/** Present, running, not in a restart loop, healthy. */
const running = (topology: Topology, service: Service): Check => ({
  id: `container-${service.name}`,
  name: `${service.name} is running and healthy`,
  hop: hopOf(topology, service),
  dependsOn: [engine, deployed, ...portChecksOf(service)],
  run: ({ containers, release, engine: { skewMs = 0 } }) => {
    if (!containers) return undefined;
    const container = containers[service.name];
    if (!container) {
      const problem = `there is no container ${service.containerName}`;
      // One that was not deployed at all is there only with the settings as they are now.
      const isNew = release && !release.services.includes(service.name);
      return { problem, fix: 'npm run deploy', ...(isNew && { settings: service.reads }) };
    }
    if (service.oneOff) return oneOffVerdict(container, container.inspectedMs + skewMs);
    const { name, status, health, restarts, exitCode } = container;
    const lastLine = lastLineOf(container);
    const memory = container.outOfMemory ? ', out of memory' : '';
    const uptimeMs = container.inspectedMs + skewMs - container.startedAtMs;
    if (status === 'paused') return { problem: `${name} is paused`, fix: `docker unpause ${name}` };
    const settledMs = health === 'healthy' ? LOOP_UPTIME_MS.healthy : LOOP_UPTIME_MS.otherwise;
    if (status === 'restarting' || (restarts >= LOOP_RESTARTS && uptimeMs < settledMs)) {
      // While it runs for a moment, Docker has forgotten the exit code.
      const code = status === 'restarting' ? `exit code ${exitCode}, ` : '';
      return {
        problem: `${name} is in a restart loop (${code}${restarts} restarts${memory})${lastLine}`,
        fix: 'npm run deploy',
      };
    }
    if (status !== 'running') {
      const state = status === 'exited' ? 'has exited' : `is ${status}`;
      return {
        problem: `${name} ${state} (code ${exitCode}${memory})${lastLine}`,
        fix: status === 'created' || status === 'exited' ? `docker start ${name}` : 'npm run deploy',
      };
    }
    if (health === 'unhealthy') {
      return {
        problem: `${name} is running, but unhealthy: ${container.healthOutput || 'its health check timed out'}${isOwn(service) ? lastLine : ''}`,
        fix: restartOf({ topology }, service.name),
      };
    }
    return { ok: `${health}, up ${span(uptimeMs)}` };
  },
});

/**
 * Docker 20.10 does not resume the health checks of containers that live-restore kept running while dockerd restarted
 * (https://github.com/moby/moby/pull/41935): their latest result is older than its interval.
 */
const healthChecks = (topology: Topology, service: Service): Check => ({
  id: `health-checks-${service.name}`,
  name: `${service.name}: Docker runs its health check`,
  hop: hopOf(topology, service),
  dependsOn: [`container-${service.name}`],
  run: ({ containers, engine: { skewMs } }) => {
    const container = containers?.[service.name];
    const silence = container && !service.oneOff && healthSilence(container, skewMs);
    if (!silence) return undefined;
    const { name, healthIntervalMs = 0 } = container;
    const age = span(silence.ageMs);
    if (!silence.isOver) return { ok: `last one ${age} ago` };
    return {
      problem: `the last health check of ${name} was ${age} ago, its interval is ${span(healthIntervalMs)}: dockerd has restarted without resuming it`,
      fix: `docker restart ${name}`,
    };
  },
});

/** Docker says nothing where it was not the container's first process; what it was for is then missing. */
const memory = (topology: Topology, service: Service): Check => ({
  id: `memory-${service.name}`,
  name: `${service.name}: no process was killed at its memory limit`,
  hop: hopOf(topology, service),
  dependsOn: [`container-${service.name}`],
  level: 'warning',
  run: ({ containers }) => {
    const container = containers?.[service.name];
    if (container?.oomKills === undefined) return undefined;
    const { name, oomKills } = container;
    const limit = `${service.limits.memoryMiB} MiB`;
    if (oomKills === 0) return { ok: `limit ${limit}` };
    return {
      problem: `a process in ${name} was killed at its memory limit of ${limit} ${times(oomKills)}`,
      fix: raisedMemory(service),
    };
  },
});

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** Doubles the limit, by the setting that it was made from. */
function raisedMemory({ name, reads, limits }: Service): string {
  const setting = reads.find((candidate) => candidate.endsWith('_MEMORY'));
  return setting
    ? setAndDeploy(setting, `${2 * limits.memoryMiB}m`)
    : `raise mem_limit of ${name} in the compose file, then: npm run deploy`;
}

export const containerChecks = (topology: Topology): Check[] =>
  [running, healthChecks, memory].flatMap((check) =>
    topology.services.map((service) => check(topology, service)),
  );
