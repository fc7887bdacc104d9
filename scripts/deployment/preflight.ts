/** What can be known to fail before anything is changed: ports in use, an address the engine's host has not got. */
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { isOnHostNetwork, type Port, type Service, socketsOf } from '../../stacks/topology/service.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { ensureWorkspace } from '../bootstrap/packages.mjs';
import { docker } from '../docker/client.ts';
import { projectContainers } from '../docker/containers.ts';
import { engineMachine, requireSuitableEngine } from '../docker/engine.ts';
import { inspect, isOf, nameOf } from '../docker/inspect.ts';
import { foreignVolumes } from '../docker/volumes.ts';
import { atEngineHost, type EngineHost, THIS_MACHINE } from '../engine-host/engine-host.ts';
import { type ListenerOn, listenerOn, portHolder } from '../lib/ports.ts';
import { overlap, type Route } from '../lib/subnets.ts';
import { root, routesOf } from './host.ts';
import type { Project } from './project.ts';
import { configVolumes, mountedVolumes } from './volumes.ts';

const said = messages.deployment.preflight;

/** A socket the deployment will listen on. */
export interface Listener {
  readonly service: Service;
  readonly port: Port;
  readonly address: string;
}

/** Everything the topology listens on, on the engine's host. */
export const listenersOf = ({ services }: Topology): Listener[] =>
  services.flatMap((service) =>
    service.ports.flatMap((port) => port.addresses.map((address) => ({ service, port, address }))),
  );

/** The states in which a container's ports are taken. */
const HOLDS_ITS_PORTS = new Set(['running', 'paused', 'restarting']);

/** What keeps a listener from its socket; undefined for what is not the user's to fix. */
function listenerProblem(
  { service, port, address }: Listener,
  error: string | undefined,
  listener: ListenerOn,
): string | undefined {
  switch (error) {
    case 'EADDRINUSE': {
      const { who, fix } = portHolder(port.host, listener);
      return said.portTaken(port.setting ?? said.portOf(service.name), port.host, who, address, fix);
    }
    case 'EADDRNOTAVAIL':
      // The address of a network that deploy will make is not one of this host yet.
      return port.addressSetting && said.addressNotHere(port.addressSetting, address);
    default:
      // Docker's engine binds the ports, so a user's own lack of permission says nothing.
      return undefined;
  }
}

/**
 * Tries each listener that is not ours already.
 * @param held `address:port` of what this project's running containers listen on
 * @param host whose ports they are
 * @param listener who listens there
 * @returns a line for each setting that cannot be used
 */
export async function portProblems(
  listeners: readonly Listener[],
  held: ReadonlySet<string>,
  host: Pick<EngineHost, 'bindError'> = THIS_MACHINE,
  listener: ListenerOn = listenerOn,
): Promise<string[]> {
  const problems = await Promise.all(
    listeners
      .filter(({ address, port }) => !held.has(`${address}:${port.host}`))
      .map(async (wanted) =>
        listenerProblem(wanted, await host.bindError(wanted.address, wanted.port.host), listener),
      ),
  );
  return problems.filter((problem) => problem !== undefined);
}

/**
 * What listens where programs on this host have to.
 * @param held `address:port` of what this project's running containers listen on
 * @param listener who listens on a port: what would keep another from an address
 * @returns a line for each that containers would not reach
 */
export function hostProgramProblems(
  programs: readonly Service[],
  held: ReadonlySet<string>,
  listener: ListenerOn = listenerOn,
): string[] {
  return programs.flatMap(({ name, ports }) =>
    ports.flatMap(({ host, addresses: [address = ''], addressSetting = '' }) => {
      const socket = `${address}:${host}`;
      if (held.has(socket)) return [said.programSocketHeld(addressSetting, name, socket)];
      if (listener(host, address)) return [];
      const loopback = listener(host, '127.0.0.1');
      const start = name === 'backend' ? `uvicorn --host ${address}` : `vite --host ${address}`;
      if (!loopback) return [said.programSilent(addressSetting, name, socket, start)];
      const program = loopback.program || said.unknownProgram;
      return [said.programOnLoopback(addressSetting, name, socket, program, start)];
    }),
  );
}

/** A Docker network, as far as its addresses matter. */
export interface NetworkAddresses {
  readonly name: string;
  readonly subnet: string;
  readonly gateway: string | undefined;
}

/**
 * Whether a network of this project could have the bridge's subnet: traffic to what has it now would go astray.
 * @param bridgeGateway address of Docker's default bridge
 * @param routes those of this host
 * @returns a line with the value that fits; undefined where it could
 */
export function gatewayProblem(
  { project, bridge }: Pick<Topology, 'project' | 'bridge'>,
  bridgeGateway: string,
  networks: readonly NetworkAddresses[],
  routes: readonly Route[],
): string | undefined {
  const { gateway, subnet, device } = bridge;
  const isOurs = (network: NetworkAddresses) => network.name === project && network.gateway === gateway;
  if (gateway === bridgeGateway || networks.some(isOurs)) return undefined;
  const network = networks.find((other) => overlap(other.subnet, subnet));
  const route = routes.find((other) => other.device !== device && overlap(other.subnet, subnet));
  if (network) return said.gatewayInNetwork(gateway, network.name, network.subnet, bridgeGateway);
  return route && said.gatewayOnRoute(gateway, route.device, route.subnet, bridgeGateway);
}

async function networkAddresses(): Promise<NetworkAddresses[]> {
  const ids = await docker(['network', 'ls', '--quiet']);
  const networks = await inspect('network', ids.split('\n').filter(Boolean));
  return networks.flatMap(({ Name, IPAM }) =>
    (IPAM.Config ?? []).flatMap(({ Subnet, Gateway }) =>
      Subnet?.includes('.') ? [{ name: Name, subnet: Subnet, gateway: Gateway }] : [],
    ),
  );
}

/** @returns a line for each object that has a name of this deployment, and is somebody else's */
export async function foreignObjects({ project, services, networks }: Topology): Promise<string[]> {
  const containerNames = services.map(({ containerName }) => containerName);
  const ownNetworks = networks.filter(({ own }) => own).map(({ name }) => name);
  const volumes = [...mountedVolumes({ services }), ...configVolumes({ services })].map(({ name }) => name);
  const [foreign, containers, present] = await Promise.all([
    foreignVolumes(volumes, project),
    inspect('container', containerNames),
    inspect('network', ownNetworks),
  ]);
  const foreignContainers = containers.filter(({ Config }) => !isOf(project, Config.Labels));
  const foreignNetworks = present.filter(({ Labels }) => !isOf(project, Labels));
  return [
    ...foreignContainers.map((container) => said.foreignContainer(nameOf(container))),
    ...foreign.map(said.foreignVolume),
    ...foreignNetworks.map(({ Name }) => said.foreignNetwork(Name)),
  ];
}

/** Own images named "latest" that the engine has not: a registry's would be another one each day. */
async function missingLatest(settings: Project['settings']): Promise<string[]> {
  const names = ['BTCW_BACKEND_IMAGE', 'BTCW_FRONTEND_IMAGE'] as const;
  const latest = names.flatMap((name) => {
    const image = settings[name];
    return image?.endsWith(':latest') ? [{ name, image }] : [];
  });
  const checked = await Promise.all(
    latest.map(async (setting) => ({ ...setting, found: await inspect('image', [setting.image]) })),
  );
  return checked
    .filter(({ found }) => found.length === 0)
    .map(({ name, image }) => said.latestMissing(name, image));
}

/** @param machine that the engine is on @returns a line for each service that mounts what is on this machine */
export const bindProblems = (
  services: readonly Pick<Service, 'name' | 'binds'>[],
  machine: string,
): string[] =>
  services
    .filter(({ binds }) => binds.length > 0)
    .map(({ name, binds }) =>
      said.bindsElsewhere(name, binds.map(({ source }) => source).join(', '), machine),
    );

/** What the engine's host has no room for. @param held `address:port` of what this project's running containers listen on */
async function hostProblems(
  host: EngineHost,
  { topology, host: { bridgeGateway } }: Pick<Project, 'topology' | 'host'>,
  held: ReadonlySet<string>,
): Promise<string[]> {
  const { hostPrograms, bridge } = topology;
  const listener = await host.listeners();
  const [ports, networks] = await Promise.all([
    portProblems(listenersOf(topology), held, host, listener),
    bridge.own ? networkAddresses() : undefined,
  ]);
  const bridgeProblem = networks && gatewayProblem(topology, bridgeGateway, networks, await routesOf(host));
  const programs = hostProgramProblems(hostPrograms, held, listener);
  const problems = [...(bridgeProblem ? [bridgeProblem] : []), ...programs, ...ports];
  const { name } = host;
  return name === undefined ? problems : problems.map((problem) => said.onHost(name, problem));
}

/**
 * @throws {UserError} naming each setting whose port is taken, an address that the bridge cannot have, what has a name of
 * this deployment and is somebody else's, or folders that the engine's host has not got
 */
export async function preflight(project: Project): Promise<void> {
  const { topology, settings } = project;
  const machine = await engineMachine();
  const binds = machine === undefined ? [] : bindProblems(topology.services, machine);
  if (binds.length > 0) throw new UserError(binds.join('\n'), said.bindsElsewhereFix);
  // The dev server's packages are mounted from here.
  if (settings.BTCW_FRONTEND_MODE === 'dev') await ensureWorkspace(root, 'assets/frontend', () => {});
  const [containers, foreign, latest] = await Promise.all([
    projectContainers(topology.project),
    foreignObjects(topology),
    missingLatest(settings),
    requireSuitableEngine(),
  ]);
  const running = containers.filter(({ status }) => HOLDS_ITS_PORTS.has(status));
  // A port on the host's network is in no list of published ones.
  const unpublished = topology.services
    .filter(isOnHostNetwork)
    .filter(({ containerName }) => running.some(({ name }) => name === containerName))
    .flatMap(socketsOf);
  const held = new Set([...running.flatMap(({ addresses }) => addresses), ...unpublished]);
  const onHost = await atEngineHost((host) => hostProblems(host, project, held));
  const problems = [...foreign, ...latest, ...onHost];
  if (problems.length > 0) throw new UserError(problems.join('\n'));
}
