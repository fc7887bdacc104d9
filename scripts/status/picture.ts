/** The deployment as it is now, hop by hop: a pure function of doctor's facts and findings. */
import { messages } from '../../messages/index.ts';
import { isOnHostNetwork, type Service, socketsOf } from '../../stacks/topology/service.ts';
import { serviceNamed, type Topology, type Tunnel } from '../../stacks/topology/topology.ts';
import { mainTunnel, socketOf } from '../../stacks/topology/urls.ts';
import { isOnHost } from '../deployment/routes.ts';
import { COMPLETED, stateText } from '../docker/inspect.ts';
import type { Finding, Hop } from '../doctor/checks/check.ts';
import type { ContainerFacts, Facts } from '../doctor/facts/facts.ts';

export type HopState = 'up' | 'warning' | 'down' | 'unknown';

const said = messages.status.picture;

/** One box of the picture. */
export interface PictureHop {
  readonly hop: Hop;
  readonly title: string;
  readonly address: string;
  readonly state: HopState;
  /** @example 'healthy', 'status 200' */
  readonly note: string;
}

/** One line of the picture. */
export interface PictureLink {
  readonly from: Hop;
  readonly to: Hop;
  /** Requests and the tunnel are measured; a dependency is not. */
  readonly kind: 'request' | 'tunnel' | 'dependency';
  readonly label: string;
  /** How long an answer takes over it; undefined where there was none. */
  readonly ms: number | undefined;
  readonly state: HopState;
}

export interface Picture {
  readonly project: string;
  /**
   * Browser, tunnel servers, tunnel clients, reverse proxy, upstreams, and where there are any, the services that no
   * request from outside reaches directly. Each from top to bottom.
   */
  readonly columns: readonly (readonly PictureHop[])[];
  readonly links: readonly PictureLink[];
  /** Failed checks. */
  readonly problems: readonly { readonly hop: Hop; readonly cause: string; readonly fix: string }[];
  /** Whether the frp server is the embedded one on this host. */
  readonly embedded: boolean;
  readonly drawnAtMs: number;
}

const BROWSER = 'browser';
/** A tunnel's server, also where that is no service of this deployment. */
const serverOf = ({ server }: Tunnel): Hop => server ?? 'frps';

/** Names each once. */
const unique = (names: readonly string[]): string[] => [...new Set(names)];

/** Listens to nothing on the host's network, and carries no traffic: the guard. */
const isGuard = (service: Service): boolean => isOnHostNetwork(service) && service.ports.length === 0;

/** The services that are neither reached from outside nor on the way: databases, workers. */
function innerServices(topology: Topology): Service[] {
  const { services, upstreams, tunnels, proxy } = topology;
  const onTheWay = new Set([
    proxy,
    ...upstreams.map(({ service }) => service),
    ...tunnels.flatMap(({ client, server }) => [client, server]),
  ]);
  const needed = new Set(services.flatMap(({ dependsOn }) => dependsOn));
  return services.filter(
    (service) => !onTheWay.has(service.name) && (needed.has(service.name) || !isGuard(service)),
  );
}

const networkText = (service: Service): string =>
  isOnHostNetwork(service)
    ? said.hostNetwork
    : said.network(service.networks.map(({ network }) => network).join(', '));

const addressOf = (service: Service): string => socketsOf(service)[0] ?? networkText(service);

function noteOf(container: ContainerFacts | undefined, facts: Facts, state: HopState): string {
  if (!facts.containers) return said.notKnown;
  if (!container) return stateText('missing');
  const { status, health } = container;
  if (state === 'down' && health === 'healthy') return said.failedCheck;
  const isStopped = status !== 'running' && health !== COMPLETED;
  return stateText(isStopped || health === 'none' ? status : health);
}

const answerMs = (answer: { status: number; ms: number } | undefined): number | undefined =>
  answer && answer.status > 0 ? answer.ms : undefined;

/** Whether a finding is about a hop; doctor counts a container that nothing listens on to the host. */
const isAbout = (finding: Finding, hop: Hop): boolean =>
  finding.hop === hop || finding.id === `container-${hop}`;

/** How each hop is, out of the findings. @returns for a hop and whether anything of it is known, its state */
function stateReader(findings: readonly Finding[]) {
  const failures = findings.filter(({ level }) => level === 'failure');
  // Without an engine nothing is known of what it runs.
  const isEngineAway = failures.some(({ id }) => id === 'docker');
  return (hop: Hop, known: boolean): HopState => {
    if (failures.some((finding) => isAbout(finding, hop))) return 'down';
    if (isEngineAway || !known) return 'unknown';
    return findings.some((finding) => isAbout(finding, hop) && finding.level === 'warning')
      ? 'warning'
      : 'up';
  };
}
type StateReader = ReturnType<typeof stateReader>;

function browserHop({ remote }: Facts, stateOf: StateReader): PictureHop {
  const tokenRefused = stateOf(BROWSER, true) === 'down';
  const reached = remote.status > 0;
  return {
    hop: BROWSER,
    title: said.browser,
    address: said.opensThePage,
    state: tokenRefused ? 'down' : reached ? 'up' : 'unknown',
    note: tokenRefused ? said.tokenRefused : reached ? said.status(remote.status) : said.noAnswer,
  };
}

/** The boxes, column by column. */
function columnsOf(facts: Facts, stateOf: StateReader): PictureHop[][] {
  const { topology } = facts;
  const { tunnels, upstreams, proxy } = topology;
  const serviceHop = (name: string, address?: string, title = name): PictureHop => {
    const state = stateOf(name, facts.containers !== undefined);
    return {
      hop: name,
      title,
      address: address ?? addressOf(serviceNamed(topology, name)),
      state,
      note: isOnHost(topology, name) ? said.onThisHost : noteOf(facts.containers?.[name], facts, state),
    };
  };
  const serverHop = (tunnel: Tunnel): PictureHop => {
    const address = socketOf(tunnel.serverAddress, tunnel.remotePort);
    if (tunnel.server) return serviceHop(tunnel.server, address, said.standIn(tunnel.server));
    const hop = serverOf(tunnel);
    const note = facts.frpServer.connectMs === undefined ? said.noAnswer : said.reachable;
    return { hop, title: hop, address, state: stateOf(hop, true), note };
  };
  const servers = unique(tunnels.map(serverOf)).map((name) =>
    tunnels.find((tunnel) => serverOf(tunnel) === name),
  );
  return [
    [browserHop(facts, stateOf)],
    servers.filter((tunnel) => tunnel !== undefined).map(serverHop),
    unique(tunnels.map(({ client }) => client)).map((client) => serviceHop(client)),
    [serviceHop(proxy)],
    upstreams.map(({ service, address }) => serviceHop(service, address)),
    innerServices(topology).map(({ name }) => serviceHop(name)),
  ].filter((column) => column.length > 0);
}

/** What the upstreams and the services behind them depend on. */
function dependencies(topology: Topology, stateOf: StateReader): PictureLink[] {
  const inner = innerServices(topology).map(({ name }) => name);
  const drawn = new Set([...topology.upstreams.map(({ service }) => service), ...inner]);
  return topology.services
    .filter(({ name }) => drawn.has(name))
    .flatMap(({ name, dependsOn }) => unique(dependsOn).map((other) => ({ from: name, to: other })))
    .filter(({ to }) => drawn.has(to))
    .map(({ from, to }) => ({
      from,
      to,
      kind: 'dependency',
      label: '',
      ms: undefined,
      state: stateOf(to, true),
    }));
}

/** The lines: the way of a request, and the dependencies. */
function linksOf(facts: Facts, stateOf: StateReader): PictureLink[] {
  const { topology } = facts;
  const main = mainTunnel(topology);
  const measured = (
    from: Hop,
    to: Hop,
    label: string,
    ms: number | undefined,
    kind: PictureLink['kind'] = 'request',
  ): PictureLink => {
    const state = stateOf(to, true) === 'down' ? 'down' : ms === undefined ? 'unknown' : 'up';
    return { from, to, kind, label, ms, state };
  };
  const tunnelLinks = topology.tunnels.flatMap((tunnel) => {
    const server = serverOf(tunnel);
    // Doctor measures the main tunnel alone.
    const ofMain = <T>(value: T): T | undefined => (tunnel === main ? value : undefined);
    const tunnelMs = facts.tunnel?.up ? facts.frpServer.connectMs : undefined;
    return [
      measured(BROWSER, server, said.page, ofMain(answerMs(facts.remote))),
      measured(server, tunnel.client, said.tunnel, ofMain(tunnelMs), 'tunnel'),
      measured(tunnel.client, tunnel.to, said.page, ofMain(answerMs(facts.local))),
    ];
  });
  const upstreamLinks = topology.upstreams.map(({ service, paths }) =>
    measured(topology.proxy, service, paths.join(', '), answerMs(facts.inside[service])),
  );
  return [...tunnelLinks, ...upstreamLinks, ...dependencies(topology, stateOf)];
}

/** @param findings what `diagnose` made of the same facts */
export function pictureOf(facts: Facts, findings: readonly Finding[]): Picture {
  const stateOf = stateReader(findings);
  return {
    project: facts.topology.project,
    columns: columnsOf(facts, stateOf),
    links: linksOf(facts, stateOf),
    problems: findings
      .filter(({ level }) => level === 'failure')
      .map(({ hop, detail, fix }) => ({ hop, cause: detail, fix })),
    embedded: facts.topology.tunnels.every(({ server }) => server !== undefined),
    drawnAtMs: facts.nowMs,
  };
}
