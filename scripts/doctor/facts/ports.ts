/** Who has the ports that the services listen on. */
import { isOnHostNetwork, type Port, portName } from '../../../stacks/topology/service.ts';
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { tryDocker } from '../../docker/client.ts';
import type { ListenerOn, PortHolder } from '../../lib/ports.ts';
import type { ContainerFacts } from './containers.ts';
import type { DockerQuestions } from './docker.ts';

/** A socket that a service listens on, and who has it. */
export interface PortFacts {
  /** Name of the service. */
  readonly service: string;
  readonly port: Port;
  /** Name of the port. @example 'nginx', 'remote' */
  readonly name: string;
  readonly address: string;
  readonly number: number;
  readonly holder: PortHolder | undefined;
  /** A container that is none of this deployment's and publishes that port. */
  readonly container: string | undefined;
}

/** The sockets that the services listen on. */
export const sockets = ({ services }: Topology): Omit<PortFacts, 'holder' | 'container'>[] =>
  services.flatMap((service) =>
    service.ports.flatMap((port) =>
      port.addresses.map((address) => ({
        service: service.name,
        port,
        name: portName(service, port),
        address,
        number: port.host,
      })),
    ),
  );

/** Containers of others that publish a port, by its number. */
export async function gatherPublishers(
  { services }: Topology,
  docker: DockerQuestions,
): Promise<Map<number, string>> {
  const args = ['ps', '--format', '{{.Names}}\t{{.Ports}}'];
  const { stdout } = await docker.ask('docker ps', (timeout) => tryDocker(args, { timeout }));
  const publishers = new Map<number, string>();
  for (const line of String(stdout).split('\n')) {
    const [name = '', ports = ''] = line.split('\t');
    if (services.some(({ containerName }) => containerName === name)) continue;
    for (const [, port] of ports.matchAll(/:(\d+)->/g)) publishers.set(Number(port), name);
  }
  return publishers;
}

/**
 * @param publishers containers of others that publish a port; undefined where the engine does not tell
 * @param listenerOn who listens on the engine's host
 */
export const gatherPorts = (
  topology: Topology,
  publishers: ReadonlyMap<number, string> | undefined,
  listenerOn: ListenerOn,
): PortFacts[] =>
  sockets(topology).map((socket) => ({
    ...socket,
    holder: listenerOn(socket.number, socket.address),
    container: publishers?.get(socket.number),
  }));

/** Whether a container's published ports take a socket. @param published @example ['127.0.0.1:8501'] */
export const isPublishedAt = (published: readonly string[], address: string, number: number): boolean =>
  [address, '0.0.0.0', ''].some((host) => published.includes(`${host}:${number}`));

/**
 * Who else has a socket that a service listens on; undefined where that is the service itself, or nobody. Docker's own
 * programs are neither: a container is just being started or stopped.
 */
export function otherHolder(
  topology: Topology,
  { service, address, number, holder, container: other }: PortFacts,
  containers: Readonly<Record<string, ContainerFacts>> | undefined,
): PortHolder | undefined {
  if (!holder) return undefined;
  const container = containers?.[service];
  if (container?.status === 'running' || container?.status === 'paused') {
    // On the host's network the program binds it itself, below the container's first process; only root sees which it is.
    const isOwn = isOnHostNetwork(serviceNamed(topology, service))
      ? [holder.pid, ...holder.ancestors].includes(container.pid) || !holder.program
      : isPublishedAt(container.published, address, number);
    if (isOwn) return undefined;
  }
  return !other && /^docker/.test(holder.program) ? undefined : holder;
}
