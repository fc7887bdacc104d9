/** The containers and the ports they hold, which belong together: a container that restarts seems to lose its port. */
import type { Topology } from '../../../stacks/topology/topology.ts';
import type { EngineHost } from '../../engine-host/engine-host.ts';
import {
  type ContainerFacts,
  gatherContainers,
  healthSilence,
  inspectAgain,
  nextHealthCheckMs,
} from './containers.ts';
import type { DockerQuestions } from './docker.ts';
import { fact } from './fact.ts';
import { gatherPorts, gatherPublishers, otherHolder, type PortFacts } from './ports.ts';

export interface HeldFacts {
  /** By service; undefined where the engine does not tell. */
  readonly containers: Readonly<Record<string, ContainerFacts>> | undefined;
  readonly ports: readonly PortFacts[];
}

export interface GatheringHeld {
  readonly first: Promise<HeldFacts>;
  /** After a second look, where the first finds a container without its port or its health checks. */
  readonly confirmed: Promise<HeldFacts>;
}

export function gatherHeld(topology: Topology, docker: DockerQuestions, host: EngineHost): GatheringHeld {
  const publishing = fact(() => gatherPublishers(topology, docker));
  const containing = fact(() => gatherContainers(topology, docker));
  const readPorts = async () => {
    const listeners = await fact(() => host.listeners());
    return listeners ? gatherPorts(topology, await publishing, listeners) : [];
  };
  const first = containing.then(async (containers) => ({ containers, ports: await readPorts() }));
  return { first, confirmed: first.then((held) => confirm(topology, held, docker, readPorts)) };
}

/**
 * Asks again where a container seems to have lost its port, or its health checks: while it restarts, another process
 * has the port for a moment, and on a busy host a check is late.
 */
async function confirm(
  topology: Topology,
  held: HeldFacts,
  docker: DockerQuestions,
  readPorts: () => Promise<readonly PortFacts[]>,
): Promise<HeldFacts> {
  const { containers, ports } = held;
  const { problem, skewMs } = await docker.engine;
  if (!containers || problem) return { containers: undefined, ports };
  const silent = Object.values(containers).filter(
    (container) => container.status === 'running' && healthSilence(container, skewMs)?.isOver,
  );
  const taken = ports.some((port) => otherHolder(topology, port, containers));
  if (silent.length === 0 && !taken) return held;
  const pauseMs = silent.length > 0 ? nextHealthCheckMs(silent) : 0;
  const again = await fact(() => inspectAgain(topology, containers, docker, pauseMs));
  return again ? { containers: again, ports: await readPorts() } : held;
}
