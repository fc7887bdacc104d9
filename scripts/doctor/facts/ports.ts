/** Who has the ports that the services listen on. */
import { type Port, portName } from '../../../stacks/topology/service.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { tryDocker } from '../../docker/client.ts';
import { listenerOn, type PortHolder } from '../../lib/ports.ts';

const DEADLINE_MS = 5_000;

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
export async function gatherPublishers({ services }: Topology): Promise<Map<number, string>> {
  const { stdout } = await tryDocker(['ps', '--format', '{{.Names}}\t{{.Ports}}'], { timeout: DEADLINE_MS });
  const publishers = new Map<number, string>();
  for (const line of String(stdout).split('\n')) {
    const [name = '', ports = ''] = line.split('\t');
    if (services.some(({ containerName }) => containerName === name)) continue;
    for (const [, port] of ports.matchAll(/:(\d+)->/g)) publishers.set(Number(port), name);
  }
  return publishers;
}

/** @param publishers containers of others that publish a port; undefined where the engine does not tell */
export const gatherPorts = (
  topology: Topology,
  publishers: ReadonlyMap<number, string> | undefined,
): PortFacts[] =>
  sockets(topology).map((socket) => ({
    ...socket,
    holder: listenerOn(socket.number, socket.address),
    container: publishers?.get(socket.number),
  }));
