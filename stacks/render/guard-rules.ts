/** What the guard hands to nft. */
export interface GuardRules {
  /** @example 'guard-btc-watcher' */
  readonly table: string;
  /** The bridge's network interface, through which nginx comes. @example 'docker0' */
  readonly device: string;
  /** The bridge's subnet: its gateway, and the containers' own addresses. @example '172.17.0.0/16' */
  readonly subnet: string;
  /** Published on loopback or the gateway, and the containers' own. */
  readonly ports: readonly number[];
  /** Interfaces of the project's other networks, whose containers are for each other and for this host. */
  readonly networks: readonly string[];
}

const setOf = (items: readonly string[]): string => `{ ${items.join(', ')} }`;
const named = (devices: readonly string[]): string => setOf(devices.map((device) => `"${device}"`));

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
    drop
  }`;

/**
 * Drops what comes from outside to addresses that are none of the outside's business. Docker publishes a port on an
 * address, and not on an interface: a neighbour that routes 172.17.0.1 here, or a container of another network, would
 * reach it. Before Docker's own rules translate addresses, hence the raw priority.
 */
export function renderGuardRules({ table, device, subnet, ports, networks }: GuardRules): string {
  const list = setOf([...new Set(ports)].sort((a, b) => a - b).map(String));
  return `table ip ${table} {
  chain neighbours {
    type filter hook prerouting priority raw; policy accept;
    iifname ${named(['lo', device, ...networks])} accept
    ip daddr { 127.0.0.0/8, ${subnet} } tcp dport ${list} drop
  }${networks.length > 0 ? renderNetworks(networks) : ''}
}`;
}
