/** The services behind the reverse proxy, by the requests that are sent to them. Pure. */
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import type { Upstream } from '../../stacks/topology/upstream.ts';
import { TOKEN_PATH } from '../lib/reference-app.ts';

/** The upstream that the reverse proxy sends a path to: the longest prefix wins, as in nginx. */
export function upstreamFor({ upstreams }: Topology, path: string): Upstream {
  const matches = upstreams.flatMap((upstream) =>
    upstream.paths.filter((prefix) => path.startsWith(prefix)).map((prefix) => ({ upstream, prefix })),
  );
  const [best] = matches.sort((a, b) => b.prefix.length - a.prefix.length);
  if (!best) throw new Error(`The topology sends the path "${path}" nowhere.`);
  return best.upstream;
}

/** The one that serves the page. */
export const pageUpstream = (topology: Topology): Upstream => upstreamFor(topology, '/');

/** The one that logs in and has the WebSocket. */
export const apiUpstream = (topology: Topology): Upstream => upstreamFor(topology, TOKEN_PATH);

/** The port on the host at which an upstream is asked. */
export function upstreamPort(topology: Topology, { service }: Upstream): number {
  const [port] = serviceNamed(topology, service).ports;
  if (!port) throw new Error(`The upstream "${service}" has no port.`);
  return port.host;
}
