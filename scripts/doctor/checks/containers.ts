/** Each service's container: whether it runs, and whether its health is checked. */
import { messages } from '../../../messages/index.ts';
import { portName, type Service } from '../../../stacks/topology/service.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { isOwn } from '../../deployment/profile.ts';
import { COMPLETED, stateText } from '../../docker/inspect.ts';
import { span } from '../../lib/text.ts';
import { type ContainerFacts, healthSilence } from '../facts/containers.ts';
import { type Check, hopOf, restartOf, type ServiceCheckId, setAndDeploy, type Verdict } from './check.ts';
import { deployed, engine } from './host.ts';

const said = messages.doctor.containers;

const LOOP_RESTARTS = 3;
/** How long one that was in a restart loop has to run to be out of it. */
const LOOP_UPTIME_MS = { healthy: 20_000, otherwise: 90_000 };

/** The checks of a service's ports, which it cannot run without. */
const portChecksOf = (service: Service): ServiceCheckId[] =>
  service.ports.map((port) => `port-${portName(service, port)}` as const);

const withLastLine = (problem: string, { lastLogLine }: ContainerFacts): string =>
  lastLogLine ? said.withLastLine(problem, lastLogLine) : problem;

/** What is put in brackets. */
const details = (...texts: readonly (string | false)[]): string =>
  texts.filter(Boolean).join(messages.doctor.check.comma);

/** What a one-off service has come to. */
function oneOffVerdict(container: ContainerFacts, nowMs: number): Verdict {
  const { name, status, health, exitCode, startedAtMs } = container;
  if (health === COMPLETED) return { ok: said.completed(span(nowMs - startedAtMs)) };
  if (status === 'running') return { ok: said.runningFor(span(nowMs - startedAtMs)) };
  const problem =
    status === 'exited'
      ? withLastLine(said.oneOffFailed(name, exitCode), container)
      : said.inState(name, stateText(status));
  return { problem, fix: 'npm run deploy' };
}

/** Present, running, not in a restart loop, healthy. */
const running = (topology: Topology, service: Service): Check => ({
  id: `container-${service.name}`,
  name: said.runningName(service.name),
  hop: hopOf(topology, service),
  dependsOn: [engine, deployed, ...portChecksOf(service)],
  run: ({ containers, release, engine: { skewMs = 0 } }) => {
    if (!containers) return undefined;
    const container = containers[service.name];
    if (!container) {
      const problem = said.missing(service.containerName);
      // One that was not deployed at all is there only with the settings as they are now.
      const isNew = release && !release.services.includes(service.name);
      return { problem, fix: 'npm run deploy', ...(isNew && { settings: service.reads }) };
    }
    if (service.oneOff) return oneOffVerdict(container, container.inspectedMs + skewMs);
    const { name, status, health, restarts, exitCode, startError } = container;
    const outOfMemory = container.outOfMemory && said.outOfMemory;
    const uptimeMs = container.inspectedMs + skewMs - container.startedAtMs;
    if (status === 'paused') return { problem: said.paused(name), fix: `docker unpause ${name}` };
    const settledMs = health === 'healthy' ? LOOP_UPTIME_MS.healthy : LOOP_UPTIME_MS.otherwise;
    if (status === 'restarting' || (restarts >= LOOP_RESTARTS && uptimeMs < settledMs)) {
      // While it runs for a moment, Docker has forgotten the exit code.
      const code = status === 'restarting' && said.exitCode(exitCode);
      const problem = said.restartLoop(name, details(code, said.restarts(restarts), outOfMemory));
      return { problem: withLastLine(problem, container), fix: 'npm run deploy' };
    }
    if (status !== 'running' && startError)
      return { problem: said.notStarted(name, startError), fix: `docker start ${name}` };
    if (status !== 'running') {
      const why = details(said.code(exitCode), outOfMemory);
      const problem =
        status === 'exited' ? said.exited(name, why) : said.notRunning(name, stateText(status), why);
      return {
        problem: withLastLine(problem, container),
        fix: status === 'created' || status === 'exited' ? `docker start ${name}` : 'npm run deploy',
      };
    }
    if (health === 'unhealthy') {
      const problem = said.unhealthy(name, container.healthOutput || said.healthCheckTimedOut);
      return {
        problem: isOwn(service) ? withLastLine(problem, container) : problem,
        fix: restartOf({ topology }, service.name),
      };
    }
    return { ok: said.up(stateText(health), span(uptimeMs)) };
  },
});

/**
 * Docker 20.10 does not resume the health checks of containers that live-restore kept running while dockerd restarted
 * (https://github.com/moby/moby/pull/41935): their latest result is older than its interval.
 */
const healthChecks = (topology: Topology, service: Service): Check => ({
  id: `health-checks-${service.name}`,
  name: said.healthChecksName(service.name),
  hop: hopOf(topology, service),
  dependsOn: [`container-${service.name}`],
  run: ({ containers, engine: { skewMs } }) => {
    const container = containers?.[service.name];
    const silence = container && !service.oneOff && healthSilence(container, skewMs);
    if (!silence) return undefined;
    const { name, healthIntervalMs = 0 } = container;
    const age = span(silence.ageMs);
    if (!silence.isOver) return { ok: said.lastHealthCheck(age) };
    return {
      problem: said.healthChecksStopped(name, age, span(healthIntervalMs)),
      fix: `docker restart ${name}`,
    };
  },
});

/** Docker says nothing where it was not the container's first process; what it was for is then missing. */
const memory = (topology: Topology, service: Service): Check => ({
  id: `memory-${service.name}`,
  name: said.memoryName(service.name),
  hop: hopOf(topology, service),
  dependsOn: [`container-${service.name}`],
  level: 'warning',
  run: ({ containers }) => {
    const container = containers?.[service.name];
    if (container?.oomKills === undefined) return undefined;
    const { name, oomKills } = container;
    const limit = `${service.limits.memoryMiB} MiB`;
    if (oomKills === 0) return { ok: said.memoryLimit(limit) };
    return {
      problem: oomKills === 1 ? said.killedOnce(name, limit) : said.killed(name, limit, oomKills),
      fix: raisedMemory(service),
    };
  },
});

/** Doubles the limit, by the setting that it was made from. */
function raisedMemory({ name, reads, limits }: Service): string {
  const setting = reads.find((candidate) => candidate.endsWith('_MEMORY'));
  return setting ? setAndDeploy(setting, `${2 * limits.memoryMiB}m`) : said.raiseMemory(name);
}

export const containerChecks = (topology: Topology): Check[] =>
  [running, healthChecks, memory].flatMap((check) =>
    topology.services.map((service) => check(topology, service)),
  );
