/** The frp server, as far as it can be reached from here: its name, its port. */
import { messages } from '../../../messages/index.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { frpServer, mainTunnel } from '../../../stacks/topology/urls.ts';
import { type Check, containerName, type Hop, logOf } from './check.ts';
import { deployed } from './host.ts';

const said = messages.doctor.frpServer;

/** The frp server, also where it is not a service of this deployment. */
export const serverHop = (topology: Topology): Hop => mainTunnel(topology).server ?? 'frps';

/** What to do on a server that is not this deployment's: how it is run there is not known here. */
export const onServer = (topology: Topology, what: string, command: string): string =>
  said.onServer(mainTunnel(topology).serverAddress, what, command);

/** @param what why, and that systemd has to run it */
export const restartServer = (topology: Topology, what: string): string =>
  onServer(topology, what, 'systemctl restart frps');

/** A cloud server has two firewalls: its own, and its provider's. */
export const openPort = (topology: Topology, port: number): string =>
  onServer(topology, said.openPort(port), `ufw allow ${port}/tcp`);

export const resolves = (topology: Topology): Check => ({
  id: 'frp-name',
  name: said.resolvesName,
  hop: serverHop(topology),
  dependsOn: [deployed],
  run: ({ frpServer: { resolved, error } }) => {
    const { serverAddress: name } = mainTunnel(topology);
    if (resolved) return { ok: name };
    if (resolved === undefined) {
      return { problem: said.noNameServer(name, error), fix: `getent hosts ${name}` };
    }
    return {
      problem: said.noSuchName(name),
      fix: said.correctName,
    };
  },
});

/** Whether frps runs, and its firewall lets the client through. */
export const reachable = (topology: Topology): Check => {
  const { server, serverPort } = mainTunnel(topology);
  const address = frpServer(topology);
  return {
    id: 'frp-server',
    name: said.reachableName,
    hop: serverHop(topology),
    dependsOn: [resolves(topology), ...(server ? [`container-${server}` as const] : [])],
    run: (facts) => {
      const { connectMs, error, timedOut } = facts.frpServer;
      const { BTCW_FRP_PROTOCOL: protocol } = facts.settings;
      if (protocol === 'kcp' || protocol === 'quic') return { ok: said.udp(protocol) };
      if (connectMs !== undefined) return { ok: said.connected(address, connectMs.toFixed(1)) };
      if (server) {
        const restart = `docker restart ${containerName(facts, server)}`;
        return { problem: said.failed(address, error), fix: timedOut ? logOf(facts, server) : restart };
      }
      if (timedOut) {
        return {
          problem: said.dropped(address, error),
          fix: openPort(topology, serverPort),
        };
      }
      if (error !== 'ECONNREFUSED') return { problem: said.failed(address, error), fix: 'ip route' };
      return {
        problem: said.refused(address),
        fix: restartServer(topology, said.startFrps),
      };
    },
  };
};
