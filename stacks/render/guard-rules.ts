/** What the guard hands to nft. Its rules hold while the guard renews the set `lease`: assets/guard/guard. */
export interface GuardRules {
  /** The bridge's network interface, through which nginx comes. @example 'docker0' */
  readonly device: string;
  /** The host's address on the bridge. @example '172.17.0.1' */
  readonly gateway: string;
  /** The bridge's subnet, where the containers' own addresses are. @example '172.17.0.0/16' */
  readonly subnet: string;
  /** Published on loopback or the gateway. */
  readonly hostPorts: readonly number[];
  /** Of the project's containers on the bridge. */
  readonly containerPorts: readonly number[];
  /** Interfaces of the project's other networks, whose containers are for each other and for this host. */
  readonly networks: readonly string[];
}

/** True while the guard is there. */
export const LEASED = 'meta protocol @lease';

const setOf = (items: readonly string[]): string => `{ ${items.join(', ')} }`;
const named = (devices: readonly string[]): string => setOf(devices.map((device) => `"${device}"`));
const portsOf = (ports: readonly number[]): string =>
  setOf([...new Set(ports)].sort((a, b) => a - b).map(String));

/** @returns nothing where there are no ports: nft refuses an empty set */
const drop = (destination: string, ports: readonly number[]): string =>
  ports.length > 0 ? `\n    ${destination} tcp dport ${portsOf(ports)} drop` : '';

/**
 * Closes the containers' own addresses on those networks. What Docker has translated came to a published port, and what
 * is established was begun by a container.
 */
const renderNetworks = (networks: readonly string[]): string => `
  chain networks {
    type filter hook forward priority -1; policy accept;
    oifname != ${named(networks)} accept
    iifname ${named(networks)} accept
    ct state established,related accept
    ct status dnat accept
    ${LEASED} drop
  }`;

/**
 * Drops what comes from outside to addresses that are none of the outside's business. Docker publishes a port on an
 * address, and not on an interface: a neighbour that routes 172.17.0.1 here, or a container of another network, would
 * reach it. Before Docker's own rules translate addresses, hence the raw priority.
 */
export function renderGuardRules(rules: GuardRules): string {
  const { device, gateway, subnet, hostPorts, containerPorts, networks } = rules;
  return `  chain neighbours {
    type filter hook prerouting priority raw; policy accept;
    meta protocol != @lease accept
    iifname ${named(['lo', device, ...networks])} accept${drop(`ip daddr { 127.0.0.0/8, ${gateway} }`, hostPorts)}${drop(`ip daddr ${subnet} ip daddr != ${gateway}`, containerPorts)}
  }${networks.length > 0 ? renderNetworks(networks) : ''}`;
}
