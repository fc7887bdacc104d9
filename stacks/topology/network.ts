/** The networks of a deployment. */
import { createHash } from 'node:crypto';
import type { Settings } from '../settings/definitions.ts';
import type { HostFacts } from './host.ts';

/** A Docker network that services are attached to. */
export interface Network {
  /** What services call it. @example 'bridge' */
  readonly key: string;
  /** Docker's name for it. @example 'btc-watcher' */
  readonly name: string;
  /** Whether the deployment makes it; the others are Docker's own. */
  readonly own: boolean;
}

/** The bridge over which nginx reaches the services, at the host's address on it. */
export interface Bridge extends Network {
  /** The host's address on it. @example '172.17.0.1' */
  readonly gateway: string;
  /** @example '172.17.0.0/16' */
  readonly subnet: string;
  /** Its network interface on the host. @example 'docker0' */
  readonly device: string;
}

/** The /24 around an address: room for this project, and little chance to meet another network. */
export const subnetOf = (gateway: string): string => `${gateway.split('.').slice(0, 3).join('.')}.0/24`;

/** A name for the bridge's interface that can be known beforehand; the kernel allows 15 characters. */
const deviceOf = (project: string): string =>
  `btcw-${createHash('sha256').update(project).digest('hex').slice(0, 8)}`;

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

/** Docker's name of a network, by what services call it. */
export function networkName(key: string, settings: Read, host: HostFacts): string {
  if (key === 'host') return 'host';
  return key === 'bridge' ? bridgeOf(settings, host).name : `${settings.BTCW_PROJECT}-${key}`;
}
