/** The network between the reverse proxy and what it reaches: docker-proxy, the firewall, the bridge address. */
import { HIGHEST_MAX_CONNECTIONS } from '../../../stacks/settings/definitions.ts';
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import type { Upstream } from '../../../stacks/topology/upstream.ts';
import { serviceUrl } from '../../../stacks/topology/urls.ts';
import { upstreamPort } from '../../deployment/routes.ts';
import { type Check, containerName, recreate, setAndDeploy, sudo } from './check.ts';
import { gateway } from './host.ts';

const DESCRIPTORS_PER_CONNECTION = 6;

/** The connections for which docker-proxy has descriptors, with some to spare. @param descriptors @default - no limit */
export const highestMaxConnections = (descriptors = Number.POSITIVE_INFINITY): number =>
  Math.min(
    HIGHEST_MAX_CONNECTIONS,
    Math.max(1, Math.floor((descriptors * 0.9) / DESCRIPTORS_PER_CONNECTION)),
  );

/** Each connection takes six of docker-proxy's descriptors; when it runs out of them, it exits. */
const dockerProxy = ({ proxy }: Topology): Check => ({
  id: 'docker-proxy',
  name: 'docker-proxy has enough file descriptors for BTCW_MAX_CONNECTIONS',
  hop: proxy,
  dependsOn: [`container-${proxy}`],
  run: ({ dockerProxyDescriptors, settings, topology }) => {
    if (dockerProxyDescriptors === undefined) return { ok: 'there is no docker-proxy' };
    const { BTCW_MAX_CONNECTIONS: connections } = settings;
    const needed = DESCRIPTORS_PER_CONNECTION * connections;
    if (needed < dockerProxyDescriptors)
      return { ok: `${needed} of ${dockerProxyDescriptors} file descriptors` };
    const [port] = serviceNamed(topology, proxy).ports;
    return {
      problem: `${connections} connections need ${needed} file descriptors, docker-proxy has ${dockerProxyDescriptors}: at that limit it exits, and port ${port?.host} is dead for everyone`,
      fix: setAndDeploy('BTCW_MAX_CONNECTIONS', highestMaxConnections(dockerProxyDescriptors)),
    };
  },
});

/** Whether a firewall rule drops what comes over the bridge to a port. What keeps only others out spares the bridge. */
const dropsPort = (rule: string, number: number, device: string): boolean =>
  /-j (DROP|REJECT)\b/.test(rule) &&
  new RegExp(`(--dport|--ctorigdstport) ${number}\\b`).test(rule) &&
  !rule.includes(`! -i ${device}`);

/** Where this host reaches an upstream and a container does not, a firewall is between them. */
const firewall = ({ proxy }: Topology, upstream: Upstream): Check => ({
  id: `firewall-${upstream.service}`,
  name: `no firewall between ${proxy} and ${upstream.service}`,
  hop: upstream.service,
  dependsOn: [gateway, `container-${proxy}`, `container-${upstream.service}`],
  run: ({ inside, atBridge, bridge, topology, firewallRules, ufw, dockerProxyDescriptors }) => {
    const { service, address } = upstream;
    const answer = inside[service];
    if (!answer) return undefined;
    if (answer.curl === 0) return { ok: `${answer.ms.toFixed(1)} ms` };
    // Its container is healthy. Where this host does not reach it either, the cause is another.
    if (!atBridge[service]?.status) return undefined;
    const { gateway: destination, device } = bridge;
    const number = upstreamPort(topology, upstream);
    const rule = firewallRules?.find((candidate) => dropsPort(candidate, number, device));
    const problem = `this host reaches ${service}, but containers do not reach it at ${address}: a firewall blocks them${rule ? `: ${rule}` : ''}`;
    if (rule) return { problem, fix: sudo(`iptables ${rule.replace(' -A ', ' -D ')}`) };
    if (ufw) {
      const allowed = `to ${destination} port ${number} proto tcp`;
      return { problem, fix: sudo(`ufw allow in on ${device} ${allowed}`) };
    }
    // With docker-proxy the packets are for this host itself; without it they are forwarded.
    const accept =
      dockerProxyDescriptors === undefined
        ? `FORWARD -i ${device} -p tcp -m conntrack --ctorigdst ${destination} --ctorigdstport ${number}`
        : `INPUT -i ${device} -d ${destination} -p tcp --dport ${number}`;
    return { problem, fix: sudo(`iptables -I ${accept} -j ACCEPT`) };
  },
});

/** curl's exit codes, as far as they are expected. */
const CURL: Readonly<Record<number, string>> = { 7: 'connection refused', 28: 'timed out' };

/** Asked as the reverse proxy asks it: from inside its container, at the bridge address. */
const atGateway = ({ proxy }: Topology, { service, address, healthPath }: Upstream): Check => ({
  id: `${service}-at-gateway`,
  name: `${proxy} reaches ${service} at the bridge address (502)`,
  hop: service,
  dependsOn: [`firewall-${service}`],
  run: (facts) => {
    const answer = facts.inside[service];
    if (!answer) return undefined;
    const { status, curl } = answer;
    const name = containerName(facts, service);
    const restart = `docker restart ${name}`;
    if (status >= 200 && status < 400) return { ok: `status ${status} from ${address}` };
    if (status > 0) return { problem: `${address}${healthPath} answers with status ${status}`, fix: restart };
    const published = serviceUrl(facts.topology, service).replace('http://', '');
    if (published !== address && facts.direct[service]?.status) {
      return {
        problem: `${name} is published at ${published}, but not at ${address}, where ${proxy} connects: browsers get 502`,
        fix: recreate(name),
      };
    }
    return {
      problem: `${proxy} gets no answer from ${address} (${CURL[curl] ?? `curl exit code ${curl}`}): browsers get 502`,
      fix: restart,
    };
  },
});

/** The last upstream first, as in the checks of the ports. */
export const networkChecks = (topology: Topology): Check[] => {
  const upstreams = [...topology.upstreams].reverse();
  return [
    dockerProxy(topology),
    ...[firewall, atGateway].flatMap((check) => upstreams.map((upstream) => check(topology, upstream))),
  ];
};
