/** The services behind the reverse proxy, by the requests that are sent to them. Pure. */
import { messages } from '../../messages/index.ts';
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import { takes, type Upstream } from '../../stacks/topology/upstream.ts';
import { showLog } from '../docker/logs.ts';
import type { AppProfile } from '../lib/app-profile.ts';

const said = messages.deployment.routes;

/** Whether it runs on the host, in no container of this deployment. */
export const isOnHost = ({ hostPrograms }: Pick<Topology, 'hostPrograms'>, name: string): boolean =>
  hostPrograms.some((program) => program.name === name);

/** What shows the log of a service. */
export function seeLog(topology: Topology, name: string): string {
  const { containerName, ports } = serviceNamed(topology, name);
  if (!isOnHost(topology, name)) return showLog(containerName);
  const [port] = ports;
  return said.hostProgram(name, `${port?.addresses[0]}:${port?.host}`);
}

/** The upstream that the reverse proxy sends a path to: the longest route wins, as in nginx. */
export function upstreamFor({ upstreams }: Topology, path: string): Upstream {
  const matches = upstreams.flatMap((upstream) =>
    upstream.paths.filter((route) => takes(route, path)).map((route) => ({ upstream, route })),
  );
  const [best] = matches.sort((a, b) => b.route.length - a.route.length);
  if (!best) throw new Error(`The topology sends the path "${path}" nowhere.`);
  return best.upstream;
}

/** The one that serves the page. */
export const pageUpstream = (topology: Topology): Upstream => upstreamFor(topology, '/');

/** The one that logs in and has the WebSocket; where no profile says so, the backend. */
export function apiUpstream(
  topology: Topology,
  { login, webSocket }: Pick<AppProfile, 'login' | 'webSocket'>,
): Upstream {
  const path = login?.path ?? webSocket?.path;
  if (path) return upstreamFor(topology, path);
  const backend = topology.upstreams.find(({ service }) => service === 'backend');
  return backend ?? upstreamFor(topology, '/api/');
}

/** The port on the host at which an upstream is asked. */
export function upstreamPort(topology: Topology, { service }: Upstream): number {
  const [port] = serviceNamed(topology, service).ports;
  if (!port) throw new Error(`The upstream "${service}" has no port.`);
  return port.host;
}
