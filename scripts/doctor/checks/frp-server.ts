/** The frp server, as far as it can be reached from here: its name, its port. */
import type { Topology } from '../../../stacks/topology/topology.ts';
import { frpServer, mainTunnel } from '../../../stacks/topology/urls.ts';
import { type Check, containerName, type Hop, logOf } from './check.ts';
import { deployed } from './host.ts';

/** The frp server, also where it is not a service of this deployment. */
export const serverHop = (topology: Topology): Hop => mainTunnel(topology).server ?? 'frps';

/** What to do on a server that is not this deployment's: how it is run there is not known here. */
export const onServer = (topology: Topology, what: string, command: string): string =>
  `on ${mainTunnel(topology).serverAddress}: ${what}: sudo ${command}`;

export const restartServer = (topology: Topology, what: string): string =>
  onServer(topology, `${what}, where systemd runs it`, 'systemctl restart frps');

/** A cloud server has two firewalls: its own, and its provider's. */
export const openPort = (topology: Topology, port: number): string =>
  onServer(
    topology,
    `let TCP port ${port} in, in the provider's security group and in its own firewall`,
    `ufw allow ${port}/tcp`,
  );

export const resolves = (topology: Topology): Check => ({
  id: 'frp-name',
  name: "the frp server's name resolves",
  hop: serverHop(topology),
  dependsOn: [deployed],
  run: ({ frpServer: { resolved, error } }) => {
    const { serverAddress: name } = mainTunnel(topology);
    if (resolved) return { ok: name };
    if (resolved === undefined) {
      return { problem: `no name server answers for ${name} (${error})`, fix: `getent hosts ${name}` };
    }
    return {
      problem: `the name ${name} does not resolve to an address`,
      fix: 'correct BTCW_FRP_SERVER_ADDR in .env, then: npm run deploy',
    };
  },
});

/** Whether frps runs, and its firewall lets the client through. */
export const reachable = (topology: Topology): Check => {
  const { server, serverPort } = mainTunnel(topology);
  const address = frpServer(topology);
  return {
    id: 'frp-server',
    name: 'the frp server answers on its port',
    hop: serverHop(topology),
    dependsOn: [resolves(topology), ...(server ? [`container-${server}` as const] : [])],
    run: (facts) => {
      const { connectMs, error, timedOut } = facts.frpServer;
      if (connectMs !== undefined) return { ok: `${address} in ${connectMs.toFixed(1)} ms` };
      if (server) {
        const restart = `docker restart ${containerName(facts, server)}`;
        return { problem: `${address}: ${error}`, fix: timedOut ? logOf(facts, server) : restart };
      }
      if (timedOut) {
        return {
          problem: `${address} gives ${error}, asked twice: a firewall drops what is sent to that port, or the server is off`,
          fix: openPort(topology, serverPort),
        };
      }
      if (error !== 'ECONNREFUSED') return { problem: `${address}: ${error}`, fix: 'ip route' };
      return {
        problem: `nothing listens on ${address}: frps is not running there`,
        fix: restartServer(topology, 'start frps'),
      };
    },
  };
};
