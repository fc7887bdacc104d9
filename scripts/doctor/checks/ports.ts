/** The ports of this host that services listen on. */
import { messages } from '../../../messages/index.ts';
import { isOnHostNetwork, type Port, portName, type Service } from '../../../stacks/topology/service.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { isPublishedAt, otherHolder } from '../facts/ports.ts';
import { type Check, hopOf, settingsOfPort, sudo } from './check.ts';
import { deployed, engine } from './host.ts';

const said = messages.doctor.ports;

/** Preflight's question, asked later: whether another program listens on a service's port, and which. */
const portIsFree = (topology: Topology, service: Service, port: Port): Check => {
  const { host: number, setting } = port;
  const name = portName(service, port);
  return {
    id: `port-${name}`,
    name: said.name(setting ?? said.portOf(number, service.name)),
    hop: hopOf(topology, service),
    dependsOn: [engine, deployed],
    settings: settingsOfPort(port),
    run: ({ ports, containers }) => {
      const [taken] = ports.flatMap((socket) => {
        const holder = socket.name === name && otherHolder(topology, socket, containers);
        return holder ? [{ ...socket, holder }] : [];
      });
      if (!taken) return { ok: String(number) };
      const { holder, container: other, address } = taken;
      const socket = `${address}:${number}`;
      const published = containers?.[service.name]?.published ?? [];
      const isElsewhere = published.length > 0 && !isPublishedAt(published, address, number);
      const also = (problem: string) =>
        isElsewhere ? said.withElsewhere(problem, service.name, published.join(', ')) : problem;
      if (other) {
        return {
          problem: also(said.container(other, socket)),
          fix: `docker stop ${other} && npm run deploy`,
        };
      }
      if (!holder.program) {
        return {
          problem: also(said.otherUser(socket)),
          fix: sudo(`ss -ltnp sport = :${number}`),
        };
      }
      return {
        problem: also(said.program(holder.program, holder.pid, socket)),
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
