/** The network between the reverse proxy and what it reaches: docker-proxy, the firewall, the bridge address. */
import { messages } from '../../../messages/index.ts';
import { HIGHEST_MAX_CONNECTIONS, type SettingName } from '../../../stacks/settings/definitions.ts';
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import type { Upstream } from '../../../stacks/topology/upstream.ts';
import { serviceUrl } from '../../../stacks/topology/urls.ts';
import { isOnHost, upstreamPort } from '../../deployment/routes.ts';
import { span } from '../../lib/text.ts';
import type { Facts } from '../facts/facts.ts';
import type { InsideFacts } from '../facts/nginx.ts';
import {
  type Check,
  containerName,
  logOf,
  portSettings,
  recreate,
  restartOf,
  setAndDeploy,
  sudo,
} from './check.ts';
import { GUARD } from './guard.ts';
import { gateway } from './host.ts';
import { acceptIn, canRefuse, isAboutDevice, type Packet, type Rule, refusingRule } from './iptables.ts';

const said = messages.doctor.network;

const DESCRIPTORS_PER_CONNECTION = 6;

/** The connections for which docker-proxy has descriptors, with some to spare. @param descriptors @default - no limit */
export const highestMaxConnections = (descriptors = Number.POSITIVE_INFINITY): number =>
  Math.min(
    HIGHEST_MAX_CONNECTIONS,
    Math.max(1, Math.floor((descriptors * 0.9) / DESCRIPTORS_PER_CONNECTION)),
  );

/** Each connection takes six of docker-proxy's descriptors; when it runs out of them, it exits. */
const dockerProxy = (topology: Topology): Check => ({
  id: 'docker-proxy',
  name: said.dockerProxyName,
  hop: topology.proxy,
  dependsOn: [`container-${topology.proxy}`],
  settings: ['BTCW_MAX_CONNECTIONS', ...portSettings(serviceNamed(topology, topology.proxy))],
  run: ({ dockerProxyDescriptors, settings, machine }) => {
    if (machine !== undefined) return { skipped: messages.engineHost.notSeen(machine) };
    if (dockerProxyDescriptors === undefined) return { ok: said.noDockerProxy };
    const { BTCW_MAX_CONNECTIONS: connections } = settings;
    const needed = DESCRIPTORS_PER_CONNECTION * connections;
    if (needed < dockerProxyDescriptors) return { ok: said.descriptors(needed, dockerProxyDescriptors) };
    const [port] = serviceNamed(topology, topology.proxy).ports;
    return {
      problem: said.tooFewDescriptors(connections, needed, dockerProxyDescriptors, port?.host ?? ''),
      fix: setAndDeploy('BTCW_MAX_CONNECTIONS', highestMaxConnections(dockerProxyDescriptors)),
    };
  },
});

/** The first packet from the reverse proxy to an upstream. */
function packetTo({ proxy }: Topology, upstream: Upstream, facts: Facts): Packet {
  const { containers, bridge, topology, dockerProxyDescriptors } = facts;
  const [port] = serviceNamed(topology, upstream.service).ports;
  return {
    device: bridge.device,
    source: containers?.[proxy]?.address ?? '',
    gateway: bridge.gateway,
    port: upstreamPort(topology, upstream),
    // What runs on the host is reached without Docker.
    forwarded: dockerProxyDescriptors === undefined && !isOnHost(topology, upstream.service),
    target: { address: containers?.[upstream.service]?.address ?? '', port: port?.container ?? 0 },
  };
}

/** What lets the packet through, or where that is not certain, what shows who refuses it. */
function firewallFix(packet: Packet, rule: Rule | undefined, facts: Facts): string {
  const { firewallRules: rules, ufw, containers } = facts;
  const { device, gateway, port, forwarded } = packet;
  // Where a rule is not about the bridge alone, deleting it would let others in, too.
  const isUfws = rule?.chain.startsWith('ufw-');
  if (rule && !isUfws) {
    const remove = `iptables ${rule.text.replace(' -A ', ' -D ')}`;
    return sudo(isAboutDevice(rule, packet) ? remove : acceptIn(rule, packet));
  }
  const first = isUfws ? 'insert 1 ' : '';
  if (ufw) return sudo(`ufw ${first}allow in on ${device} to ${gateway} port ${port} proto tcp`);
  if (!rules) return `${sudo('iptables-save')} | grep -nE '^:.* DROP|DROP$|REJECT'`;
  if (!canRefuse(rules, packet)) {
    // Not every host has the program; the guard's image does, and it is on the host's network.
    const list = 'nft list ruleset';
    const guard = containers?.[GUARD]?.status === 'running';
    const show = guard ? `docker exec ${containerName(facts, GUARD)} ${list}` : sudo(list);
    return `${show} | grep -nE 'drop|reject'`;
  }
  return sudo(acceptIn({ table: 'filter', chain: forwarded ? 'FORWARD' : 'INPUT' }, packet));
}

/** The settings of where an upstream is published at the bridge address. */
const bridgeSettings = (topology: Topology, { service }: Upstream): SettingName[] => [
  'BTCW_GATEWAY',
  ...portSettings(serviceNamed(topology, service)),
];

/**
 * Where this host reaches an upstream and a container does not, a firewall is between them. Both have been asked at the
 * same moment for the second time, and the connection itself did not open: that takes no program, however busy it is.
 */
const firewall = (topology: Topology, upstream: Upstream): Check => ({
  id: `firewall-${upstream.service}`,
  name: said.firewallName(topology.proxy, upstream.service),
  hop: upstream.service,
  dependsOn: [gateway, `container-${topology.proxy}`, `container-${upstream.service}`],
  settings: bridgeSettings(topology, upstream),
  run: (facts) => {
    const { inside, atBridge, firewallRules } = facts;
    const { service, address } = upstream;
    const answer = inside[service];
    if (!answer) return undefined;
    if (answer.connected) return { ok: said.ms(answer.ms.toFixed(1)) };
    // Its container is healthy. Where this host does not reach it either, the cause is another.
    if (answer.asked < 2 || !atBridge[service]?.status) return undefined;
    const packet = packetTo(topology, upstream, facts);
    const rule = firewallRules && refusingRule(firewallRules, packet);
    return {
      problem: rule ? said.blockedBy(service, address, rule.text) : said.blocked(service, address),
      fix: firewallFix(packet, rule, facts),
    };
  },
});

/** curl's exit codes, as far as they are expected. */
const CURL = { refused: 7, timedOut: 28 };

/** Why curl has no answer. */
function describeCurl({ curl, ms, connected }: InsideFacts): string {
  if (curl === CURL.refused) return said.refused;
  if (curl !== CURL.timedOut) return said.curlCode(curl);
  return connected ? said.noAnswerWithin(span(ms)) : said.timedOut;
}

/** Asked as the reverse proxy asks it: from inside its container, at the bridge address. */
const atGateway = (topology: Topology, upstream: Upstream): Check => ({
  id: `${upstream.service}-at-gateway`,
  name: said.atGatewayName(topology.proxy, upstream.service),
  hop: upstream.service,
  dependsOn: [`firewall-${upstream.service}`],
  settings: bridgeSettings(topology, upstream),
  run: (facts) => {
    const { service, address, healthPath } = upstream;
    const answer = facts.inside[service];
    if (!answer) return undefined;
    const { status, curl } = answer;
    const name = containerName(facts, service);
    if (status >= 200 && status < 400) return { ok: said.answers(status, address) };
    if (status > 0) {
      return {
        problem: said.failing(`${address}${healthPath}`, status),
        fix: restartOf(facts, service),
      };
    }
    const published = serviceUrl(facts.topology, service).replace('http://', '');
    const [direct, atBridge] = [facts.direct[service], facts.atBridge[service]];
    const isElsewhere = direct?.status && atBridge && !atBridge.status && !atBridge.timedOut;
    if (published !== address && isElsewhere && answer.asked > 1) {
      return {
        problem: said.elsewhere(name, published, address, topology.proxy),
        fix: recreate(name),
      };
    }
    const isSilent = curl === CURL.timedOut && (answer.connected || !direct || direct.timedOut);
    const noAnswer = answer.connected ? said.noAnswer504 : said.noAnswer502;
    return {
      problem: noAnswer(topology.proxy, address, describeCurl(answer)),
      fix: isSilent ? logOf(facts, service) : restartOf(facts, service),
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
