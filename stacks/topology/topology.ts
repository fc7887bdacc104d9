/**
 * The deployment as a value: everything else is made from it or compared with it. Plain data and pure functions: no
 * construct, no Docker, no clock, no environment.
 */
import { messages } from '../../messages/index.ts';
import { UserError } from '../errors.mjs';
import type { SettingName, Settings } from '../settings/definitions.ts';
import { problem } from '../settings/problem.ts';
import { backend, beforeBackend } from './backend.ts';
import { completeService } from './complete-service.ts';
import { frontend } from './frontend.ts';
import { frpc } from './frpc.ts';
import { EMBEDDED_SERVER, frps } from './frps.ts';
import { guard } from './guard.ts';
import type { HostFacts } from './host.ts';
import { hostPrograms } from './host-program.ts';
import {
  type Bridge,
  bridgeOf,
  hasServicesNetwork,
  type Network,
  networksOf,
  onServicesNetwork,
} from './network.ts';
import { nginx, nginxPorts } from './nginx.ts';
import { postgres } from './postgres.ts';
import { recordReads } from './reads.ts';
import { redis } from './redis.ts';
import type { Port, Service, ServiceDefinition } from './service.ts';
import { hostPorts, pathOf, type Upstream, upstreamsOf } from './upstream.ts';

const said = messages.topology.topology;

/** A way in from outside: what arrives at the server's remote port goes to a service here. */
export interface Tunnel {
  /** @example 'freq-service' */
  readonly name: string;
  /** Service that keeps it up. */
  readonly client: string;
  /** Where the client connects. @example '47.108.221.231' */
  readonly serverAddress: string;
  readonly serverPort: number;
  /** Service that is the server; undefined where that is elsewhere. */
  readonly server: string | undefined;
  readonly remotePort: number;
  /** Service that it leads to. */
  readonly to: string;
}

/** A service that these settings leave out. */
export interface AbsentService {
  readonly name: string;
  readonly reads: readonly SettingName[];
}

export interface Topology {
  readonly project: string;
  readonly bridge: Bridge;
  /** All networks, the bridge among them; not the host's own. */
  readonly networks: readonly Network[];
  /** In the order in which they are shown. */
  readonly services: readonly Service[];
  /** What runs on the host in the place of a service: in no container, and not deployed. */
  readonly hostPrograms: readonly Service[];
  readonly absent: readonly AbsentService[];
  /** Service that is the reverse proxy. */
  readonly proxy: string;
  /** What the reverse proxy sends where. */
  readonly upstreams: readonly Upstream[];
  readonly tunnels: readonly Tunnel[];
}

type Made = Service | AbsentService;
const isThere = (service: Made): service is Service => 'containerName' in service;

/** Describes a service; undefined where the settings leave it out. */
type Define = (settings: Settings) => ServiceDefinition | undefined;

/** Makes one service, and notes which settings it was made from. */
function make(name: string, settings: Settings, host: HostFacts, define: Define): Made {
  const { made, reads } = recordReads(settings, (recorded) => {
    const definition = define(recorded);
    return definition && completeService(definition, recorded, host);
  });
  return made ? { ...made, reads } : { name, reads };
}

/** What a port is called where it is in conflict: its setting, else its service. */
const owner = (service: Service, { setting }: Port): string => setting ?? said.portOf(service.name);

/** @returns a line for each name, path or port of the host that two services would have */
function conflicts(services: readonly Service[]): string[] {
  const taken = new Map<string, string>();
  const claim = (key: string, who: string, conflict: (other: string) => string): string[] => {
    const other = taken.get(key);
    taken.set(key, who);
    return other === undefined ? [] : [conflict(other)];
  };
  return services.flatMap((service) => [
    ...claim(`name ${service.name}`, service.name, () => said.twoServices(service.name)),
    ...[...new Set(service.routes.map(pathOf))].flatMap((path) =>
      claim(`path ${path}`, service.name, (other) => said.samePath(other, service.name, path)),
    ),
    ...service.ports.flatMap((port) =>
      claim(`port ${port.host}`, owner(service, port), (other) =>
        problem(owner(service, port), said.differ(other), String(port.host)),
      ),
    ),
  ]);
}

/** @returns a line for each volume that two services would have without sharing it */
function volumeConflicts(services: readonly Service[]): string[] {
  const owners = new Map<string, Set<string>>();
  for (const service of services) {
    for (const { name, shared, of = service.name } of service.volumes) {
      owners.set(name, (owners.get(name) ?? new Set()).add(shared ? said.sharedVolume : of));
    }
  }
  return [...owners]
    .filter(([, names]) => names.size > 1)
    .map(([name, names]) => said.twoVolumes(name, [...names].join(said.and)));
}

/** @returns a line for each database that is on and that the user's own services have already */
const databaseConflicts = (databases: readonly Service[], services: readonly ServiceDefinition[]): string[] =>
  databases.flatMap(({ name, networks }) => {
    const taken = [name, ...networks.flatMap(({ aliases = [] }) => aliases)];
    const other = services.find((service) => taken.includes(service.name));
    const setting = `BTCW_${name.toUpperCase()}`;
    return other ? [problem(setting, said.ownService(other.name), 'on', said.turnOff)] : [];
  });

/** @returns a line for each service with routes that the reverse proxy could not reach */
function unreachable(services: readonly Service[], { gateway }: Bridge): string[] {
  return services.flatMap(({ name, routes: [path], ports: [port], networks }) => {
    if (path === undefined) return [];
    if (!port?.addresses.includes(gateway)) return [said.unpublished(name, path, gateway)];
    // Docker lets no container of the bridge reach the published ports of one that is on other networks alone.
    const isReached = networks.some(({ network }) => network === 'bridge' || network === 'host');
    return isReached ? [] : [said.offBridge(name, path)];
  });
}

/** @returns a line for each service that waits for one there is not, or, in a circle, for itself */
function dependencyProblems(services: readonly Service[]): string[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const waitsForItself = (name: string, from: Service, visited = new Set<string>()): boolean =>
    from.dependsOn.some((other) => {
      if (other === name) return true;
      const next = byName.get(other);
      if (!next || visited.has(other)) return false;
      return waitsForItself(name, next, visited.add(other));
    });
  return services.flatMap((service) => [
    ...service.dependsOn
      .filter((other) => !byName.has(other))
      .map((other) => said.unknownService(service.name, other)),
    ...(waitsForItself(service.name, service) ? [said.dependsOnItself(service.name)] : []),
  ]);
}

/**
 * Makes the topology. The one place that asks which services there are.
 * @param services those beside the package's own, or in the place of its backend and frontend
 * @param host what is known of the Docker host
 * @param loginPathOf finds the path of the login of an application with these services
 * @throws {UserError} where two services would have one port, path or name
 */
export function topologyOf(
  settings: Settings,
  services: readonly ServiceDefinition[],
  host: HostFacts,
  loginPathOf: (settings: Settings, services: readonly Service[]) => string | undefined = () => undefined,
): Topology {
  const bridge = bridgeOf(settings, host);
  const present = (list: readonly Made[]) => list.filter(isThere);
  const service = (name: string, define: Define) => make(name, settings, host, define);

  const given = (definition: ServiceDefinition) => (read: Settings) => {
    // Its ports follow their settings.
    hostPorts(read, definition.ports ?? []);
    const { dependsOn = [] } = definition;
    return { ...definition, dependsOn: dependsOn.filter((other) => !isOnHost(other)) };
  };
  const programs = hostPrograms(settings).map((program) => ({
    ...completeService(program, settings, host),
    reads: [],
  }));
  const isOnHost = (name: string) => programs.some((program) => program.name === name);
  /** Recorded for what is made from them. */
  const programsFor = (read: Settings) => (hostPrograms(read).length > 0 ? programs : []);
  /** The package's own that applications share a network with. */
  const companions: readonly (readonly [name: string, define: Define])[] = [
    ['postgres', (read) => postgres(read, host)],
    ['redis', (read) => redis(read, host)],
  ];
  /** Whether there is a network of the services' own; recorded for what is made from that. */
  const isNetworked = (read: Settings) =>
    hasServicesNetwork([...companions.map(([, companion]) => companion(read)), ...services]);
  /**
   * One of the package's own, unless the user's has its name, or a compose file says all that there is.
   * @param program on the host that would be in its place
   */
  const application = (name: string, define: Define, program = name) => {
    const own = services.find((definition) => definition.name === name);
    if (own && !isOnHost(name)) return service(name, given(own));
    return service(name, (read) => {
      const isElsewhere = hostPrograms(read).some((other) => other.name === program);
      const definition = isElsewhere || read.BTCW_COMPOSE_FILE ? undefined : define(read);
      if (!definition) return undefined;
      return isNetworked(read) ? onServicesNetwork(definition) : definition;
    });
  };
  const applications = [
    application('backend', (read) => backend(read, host)),
    application('frontend', (read) =>
      read.BTCW_BACKEND_PATHS.includes('/') ? undefined : frontend(read, host),
    ),
    application('backend-before-start', (read) => beforeBackend(read, host), 'backend'),
  ];
  const beside = companions.map(([name, define]) => service(name, define));
  const isApplication = ({ name }: ServiceDefinition) => applications.some((other) => other.name === name);
  const others = services
    .filter((definition) => !isApplication(definition))
    .map((definition) => service(definition.name, given(definition)));
  const routed = present([...applications, ...others]);
  const proxy = service('nginx', (read) =>
    nginx(read, host, upstreamsOf(read, host, [...programsFor(read), ...routed]), loginPathOf(read, routed)),
  );
  const tunnel = [
    service('frpc', (read) => frpc(read, host, read.BTCW_FRP_SERVER_ADDR ?? EMBEDDED_SERVER)),
    service('frps', (read) => (read.BTCW_FRP_SERVER_ADDR ? undefined : frps(read, host))),
  ];
  const guarded = present([proxy, ...applications, ...beside, ...others]);
  const guards = service('guard', (read) => {
    if (read.BTCW_GUARD !== 'on') return undefined;
    // Its rules follow the networks, and nginx's ports.
    isNetworked(read);
    nginxPorts(read);
    return guard(read, bridgeOf(read, host), [...programsFor(read), ...guarded]);
  });

  const made = [proxy, ...applications, ...beside, ...tunnel, guards, ...others];
  const all = present(made);
  const problems = [
    ...databaseConflicts(present(beside), services),
    ...conflicts([...all, ...programs]),
    ...volumeConflicts(all),
    ...unreachable(all, bridge),
    ...dependencyProblems(all),
  ];
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  return {
    project: settings.BTCW_PROJECT,
    bridge,
    networks: networksOf(bridge, all),
    services: all,
    hostPrograms: programs,
    absent: made.filter((service) => !isThere(service)),
    proxy: proxy.name,
    upstreams: upstreamsOf(settings, host, [...programs, ...routed]),
    tunnels: [
      {
        name: settings.BTCW_FRP_PROXY_NAME,
        client: 'frpc',
        serverAddress: settings.BTCW_FRP_SERVER_ADDR ?? EMBEDDED_SERVER,
        serverPort: settings.BTCW_FRP_SERVER_PORT,
        server: settings.BTCW_FRP_SERVER_ADDR ? undefined : 'frps',
        remotePort: settings.BTCW_FRP_REMOTE_PORT,
        to: proxy.name,
      },
    ],
  };
}

/** @throws {Error} where there is none: a defect, as names come from the topology */
export function serviceNamed(topology: Topology, name: string): Service {
  const { services, hostPrograms } = topology;
  const service = [...services, ...hostPrograms].find((candidate) => candidate.name === name);
  if (!service) throw new Error(`The topology has no service "${name}".`);
  return service;
}
