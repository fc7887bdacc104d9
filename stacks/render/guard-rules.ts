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
}

/**
 * Drops what comes from outside to addresses that are none of the outside's business. Docker publishes a port on an
 * address, and not on an interface: a neighbour that routes 172.17.0.1 here, or a container of another network, would
 * reach it. Before Docker's own rules translate addresses, hence the raw priority.
 */
export function renderGuardRules({ table, device, subnet, ports }: GuardRules): string {
  const list = [...new Set(ports)].sort((a, b) => a - b).join(', ');
  return `table ip ${table} {
  chain neighbours {
    type filter hook prerouting priority raw; policy accept;
    iifname { "lo", "${device}" } accept
    ip daddr { 127.0.0.0/8, ${subnet} } tcp dport { ${list} } drop
  }
}`;
}
