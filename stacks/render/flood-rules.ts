/** Packet filter rules that keep a flood from a port, as frp has no limit of connections. */

export interface FloodRules {
  /** Where visitors come in. @example 60001 */
  readonly port: number;
  /** Connections that one address may have at once. */
  readonly perAddress: number;
  /** Connections at once. */
  readonly inAll: number;
  /** Families that the table has. IPv6 is counted by /64: that is what one visitor has. */
  readonly families: readonly ('ip' | 'ip6')[];
  /** What has to hold, too. @example 'meta protocol @lease' @default - nothing */
  readonly condition?: string;
}

const SOURCES = {
  ip: { type: 'ipv4_addr', source: 'ip saddr' },
  ip6: { type: 'ipv6_addr', source: 'ip6 saddr & ffff:ffff:ffff:ffff::' },
} as const;

const PER_SECOND = 50;
const BURST = 100;

/** Of the connections that nginx serves: the rest is for this host. @returns 250 and 2,400 for 2,500 */
export const floodLimits = (served: number): Pick<FloodRules, 'perAddress' | 'inAll'> => ({
  perAddress: Math.max(50, Math.ceil(served / 10)),
  inAll: Math.max(1, Math.floor(served * 0.96)),
});

/**
 * Renders two chains and their sets. New connections beyond a rate are dropped, so that a client in good faith gets in a
 * second later; those beyond a number are refused, so that it does not wait.
 */
export function renderFloodRules({ port, perAddress, inAll, families, condition }: FloodRules): string {
  const sets = families.map(
    (
      family,
    ) => `  set recent_${family} { type ${SOURCES[family].type}; size 65535; flags dynamic; timeout 10s; }
  set held_${family} { type ${SOURCES[family].type}; size 65535; flags dynamic; }`,
  );
  const limits = families.map(
    (family) =>
      `    add @recent_${family} { ${SOURCES[family].source} limit rate over ${PER_SECOND}/second burst ${BURST} packets } drop
    add @held_${family} { ${SOURCES[family].source} ct count over ${perAddress} } reject with tcp reset`,
  );
  return `${sets.join('\n')}
  chain flood {
    type filter hook input priority filter; policy accept;
    tcp dport ${port} ct state new ${condition ? `${condition} ` : ''}jump limits
  }
  chain limits {
${limits.join('\n')}
    ct count over ${inAll} reject with tcp reset
  }`;
}
