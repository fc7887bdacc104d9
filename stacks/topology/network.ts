/** The networks of a deployment. */
import { createHash } from 'node:crypto';
import type { Settings } from '../settings/definitions.ts';
import type { HostFacts } from './host.ts';
import type { Service, ServiceDefinition } from './service.ts';

/** A Docker network that services are attached to. */
export interface Network {
  /** What services call it. @example 'bridge' */
  readonly key: string;
  /** Docker's name for it. @example 'btc-watcher' */
  readonly name: string;
  /** Whether the deployment makes it; the others are Docker's own. */
  readonly own: boolean;
  /** Its network interface on the host. @example 'docker0' */
  readonly device: string;
}

/** The bridge over which nginx reaches the services, at the host's address on it. */
export interface Bridge extends Network {
  /** The host's address on it. @example '172.17.0.1' */
  readonly gateway: string;
  /** @example '172.17.0.0/16' */
  readonly subnet: string;
}

/** The /24 around an address: room for this project, and little chance to meet another network. */
export const subnetOf = (gateway: string): string => `${gateway.split('.').slice(0, 3).join('.')}.0/24`;

/** A name for a network's interface that can be known beforehand; the kernel allows 15 characters. */
const deviceOf = (network: string): string =>
  `btcw-${createHash('sha256').update(network).digest('hex').slice(0, 8)}`;

type Read = Pick<Settings, 'BTCW_PROJECT' | 'BTCW_GATEWAY'>;

/** The host's address on the bridge: the wanted one, else that of Docker's default bridge. */
export const gatewayOf = (
  { BTCW_GATEWAY }: Pick<Settings, 'BTCW_GATEWAY'>,
  { bridgeGateway }: HostFacts,
): string => BTCW_GATEWAY ?? bridgeGateway;

/** The bridge with that address: Docker's default one where that has it, else one of this project. */
export function bridgeOf(settings: Read, host: HostFacts): Bridge {
  const { BTCW_PROJECT: project } = settings;
  const gateway = gatewayOf(settings, host);
  if (gateway === host.bridgeGateway) {
    const { bridgeSubnet: subnet, bridgeDevice: device } = host;
    return { key: 'bridge', name: 'bridge', own: false, gateway, subnet, device };
  }
  return {
    key: 'bridge',
    name: project,
    own: true,
    gateway,
    subnet: subnetOf(gateway),
    device: deviceOf(project),
  };
}

/**
 * Docker's name of a network, by what services call it. It comes after the bridge's in the alphabet: of a container's
 * networks Docker publishes the ports on the first, and lets no container of another network reach them there.
 */
export function networkName(key: string, settings: Read, host: HostFacts): string {
  if (key === 'host') return 'host';
  const { name: bridge } = bridgeOf(settings, host);
  if (key === 'bridge') return bridge;
  const name = `${settings.BTCW_PROJECT}-${key}`;
  return name > bridge ? name : `net-${name}`;
}

/** The networks that services are on, each once; not the host's own. */
export function networksOf(bridge: Bridge, services: readonly Pick<Service, 'networks'>[]): Network[] {
  const attachments = services.flatMap(({ networks }) => networks);
  const own = attachments.filter(({ network }) => network !== 'host' && network !== bridge.key);
  const named = new Map(
    own.map(({ network, name }) => [network, { key: network, name, own: true, device: deviceOf(name) }]),
  );
  return [bridge, ...named.values()];
}

/** The network of the databases and of the user's own services, which find each other there by their names. */
export const SERVICES_NETWORK = 'services';

const isOn = (network: string, { networks = [] }: Pick<ServiceDefinition, 'networks'>): boolean =>
  networks.some((attachment) => attachment.network === network);

/** Whether there is a network of the services' own. */
export const hasServicesNetwork = (services: readonly (ServiceDefinition | undefined)[]): boolean =>
  services.some((service) => service && isOn(SERVICES_NETWORK, service));

/** Attaches a service to that network, under its name, beside those it is on. */
export function onServicesNetwork(service: ServiceDefinition): ServiceDefinition {
  if (isOn(SERVICES_NETWORK, service)) return service;
  const { name, networks = [{ network: 'bridge' }] } = service;
  return { ...service, networks: [...networks, { network: SERVICES_NETWORK, aliases: [name] }] };
}
