/** The ports of this host that services listen on. */
import { isOnHostNetwork, type Port, portName, type Service } from '../../../stacks/topology/service.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import type { PortHolder } from '../../lib/ports.ts';
import { type Check, hopOf, sudo } from './check.ts';
import { engine } from './host.ts';

/** Preflight's question, asked later: whether another program listens on a service's port, and which. */
const portIsFree = (topology: Topology, service: Service, port: Port): Check => {
  const { host: number, setting } = port;
  const name = portName(service, port);
  return {
    id: `port-${name}`,
    name: `${setting ?? `port ${number} of ${service.name}`} is not taken by another program`,
    hop: hopOf(topology, service),
    dependsOn: [engine],
    run: ({ ports, containers }) => {
      const container = containers?.[service.name];
      const holdsPorts = container?.status === 'running' || container?.status === 'paused';
      // A published port is bound while its container runs. On the host's network the program binds it itself, and only
      // root sees which program that is.
      const isOwn = ({ pid, program }: PortHolder) =>
        holdsPorts && (!isOnHostNetwork(service) || pid === container.pid || !program);
      const taken = ports.find((socket) => socket.name === name && socket.holder && !isOwn(socket.holder));
      if (!taken?.holder) return { ok: String(number) };
      const { holder, container: other, address } = taken;
      const socket = `${address}:${number}`;
      if (other) {
        return {
          problem: `container ${other} publishes ${socket}`,
          fix: `docker stop ${other} && npm run deploy`,
        };
      }
      // Docker's own: a container of this project is just being started or stopped.
      if (/^docker/.test(holder.program)) return { ok: `${number}, held by ${holder.program}` };
      if (!holder.program) {
        return {
          problem: `another user's program is listening on ${socket}`,
          fix: sudo(`ss -ltnp sport = :${number}`),
        };
      }
      return {
        problem: `${holder.program} (process ${holder.pid}) is listening on ${socket}`,
        fix: `kill ${holder.pid} && npm run deploy`,
      };
    },
  };
};

/** Along the way of an answer: what is behind the reverse proxy, the last one first, then the proxy, the tunnel. */
function answerOrder({ services, proxy }: Topology): Service[] {
  const isProxy = ({ name }: Service) => name === proxy;
  return [
    ...services.filter((service) => !isProxy(service) && !isOnHostNetwork(service)).reverse(),
    ...services.filter(isProxy),
    ...services.filter((service) => !isProxy(service) && isOnHostNetwork(service)),
  ];
}

export const portChecks = (topology: Topology): Check[] =>
  answerOrder(topology).flatMap((service) =>
    service.ports.map((port) => portIsFree(topology, service, port)),
  );
