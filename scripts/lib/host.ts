/** Gathers what synthesis has to know of the Docker host. */
import { readFileSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { UserError } from '../../stacks/errors.ts';
import type { HostFacts } from '../../stacks/host.ts';
import { docker } from './programs.ts';

interface BridgeInspection {
  readonly IPAM: { readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] };
  readonly Options?: Readonly<Record<string, string>>;
}

/** The first address of a subnet: what Docker gives a bridge whose gateway is not set. */
export function firstAddress(subnet: string): string {
  const [address = ''] = subnet.split('/');
  const parts = address.split('.').map(Number);
  return [...parts.slice(0, 3), (parts[3] ?? 0) + 1].join('.');
}

/** Docker's default bridge. */
export type BridgeFacts = Pick<HostFacts, 'bridgeGateway' | 'bridgeSubnet' | 'bridgeDevice'>;

/**
 * The default bridge's addresses and interface. A freshly started engine lists no gateway.
 * @param inspection what `docker network inspect bridge` prints
 */
export function bridgeFacts(inspection: string): BridgeFacts {
  const [bridge] = JSON.parse(inspection) as BridgeInspection[];
  const config = bridge?.IPAM.Config?.find((entry) => entry.Subnet?.includes('.'));
  if (config?.Subnet) {
    return {
      bridgeGateway: config.Gateway ?? firstAddress(config.Subnet),
      bridgeSubnet: config.Subnet,
      bridgeDevice: bridge?.Options?.['com.docker.network.bridge.name'] ?? 'docker0',
    };
  }
  throw new UserError(
    "Docker's default bridge has no IPv4 subnet.",
    'remove "bridge": "none" from /etc/docker/daemon.json and restart Docker.',
  );
}

/** @param table what /proc/net/fib_trie holds */
export const localAddresses = (table: string): string[] => [
  ...new Set(
    [...table.matchAll(/\|-- ([\d.]+)(?:\n +\/\d+ .*)*?\n +\/32 host LOCAL/g)].map(
      ([, address = '']) => address,
    ),
  ),
];

/**
 * The IPv4 addresses of this host. Asked of the kernel: Node leaves out interfaces without a carrier, and docker0 has
 * none while no container runs on it.
 */
export function hostAddresses(): string[] {
  try {
    return localAddresses(readFileSync('/proc/net/fib_trie', 'utf8'));
  } catch {
    // A sandbox may hide that table.
    return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  }
}

/**
 * The zone that a link to the zone database names. Not the environment's TZ: the deployment would change with the shell.
 * @example zoneOf('../usr/share/zoneinfo/Asia/Shanghai') // 'Asia/Shanghai'
 */
export const zoneOf = (link: string): string | undefined => /\/zoneinfo\/([\w/+-]+)$/.exec(link)?.[1];

function hostTimeZone(): string | undefined {
  try {
    return zoneOf(readlinkSync('/etc/localtime'));
  } catch {
    return undefined;
  }
}

/** @throws {UserError} when the engine does not answer */
export async function gatherHostFacts(): Promise<HostFacts> {
  const [inspection, engineApi] = await Promise.all([
    docker(['network', 'inspect', 'bridge'], { what: "Looking at Docker's default bridge" }),
    docker(['version', '--format', '{{.Server.APIVersion}}']),
  ]);
  const timeZone = hostTimeZone();
  return { ...bridgeFacts(inspection), engineApi, ...(timeZone && { timeZone }) };
}
