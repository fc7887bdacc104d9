/** Which rule of iptables stops a container on its way to a port that is published at the bridge address. Pure. */

/** The first packet of a connection from the reverse proxy's container. */
export interface Packet {
  /** Interface of the bridge that it comes in through. @example 'docker0' */
  readonly device: string;
  /** The container's address; empty where it is not known. */
  readonly source: string;
  /** The bridge address, and the port there. */
  readonly gateway: string;
  readonly port: number;
  /** Whether it is forwarded to the other container: without docker-proxy, which listens on this host itself. */
  readonly forwarded: boolean;
  /** Where it is forwarded to; the address is empty where it is not known. */
  readonly target: { readonly address: string; readonly port: number };
}

/** A rule, taken apart. */
export interface Rule {
  /** As `iptables` takes it. @example '-t raw -A PREROUTING -i docker0 -p tcp --dport 8000 -j DROP' */
  readonly text: string;
  readonly table: string;
  readonly chain: string;
  /** @example 'DROP' */
  readonly verdict: string;
  readonly conditions: readonly Condition[];
}

interface Condition {
  /** @example '--dport' */
  readonly name: string;
  readonly value: string;
  /** Whether it holds for all but that value. */
  readonly negated: boolean;
}

const REFUSING = ['DROP', 'REJECT'];
/** What a word of a rule is followed by, where that is not one value, or is no condition. */
const NO_CONDITION = ['-m', '--comment', '--reject-with'];

/** Reads what {@link readIptables} gives; undefined for a policy. */
export function readRule(text: string): Rule | undefined {
  const words = text.match(/"[^"]*"|\S+/g) ?? [];
  const [, table = '', command, chain = '', ...rest] = words;
  if (command !== '-A') return undefined;
  const conditions: Condition[] = [];
  let verdict = '';
  let negated = false;
  while (rest.length > 0) {
    const name = rest.shift() ?? '';
    if (name === '!') {
      negated = true;
      continue;
    }
    // Two values: which flags are compared, and which of them are set.
    const value = name === '--syn' ? '' : (rest.splice(0, name === '--tcp-flags' ? 2 : 1).at(-1) ?? '');
    if (name === '-j' || name === '-g') verdict = value;
    else if (!NO_CONDITION.includes(name)) conditions.push({ name, value, negated });
    negated = false;
  }
  return { text, table, chain, verdict, conditions };
}

const number = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** Whether an address is in a network. @param network @example '172.17.0.0/16', '172.17.0.1' */
export function isWithin(address: string, network: string): boolean {
  const [base = '', bits = '32'] = network.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(address) / size) === Math.floor(number(base) / size);
}

const isInterface = (device: string, pattern: string): boolean =>
  pattern.endsWith('+') ? device.startsWith(pattern.slice(0, -1)) : device === pattern;

/** @param ports as iptables lists them. @example '8000', '3000,8000:8010' */
const hasPort = (ports: string, port: number): boolean =>
  ports.split(',').some((range) => {
    const [from = '', to = from] = range.split(':');
    return Number(from) <= port && port <= Number(to);
  });

/** Whether a chain gets the packet with another destination: what is forwarded has been translated by then. */
const isTranslated = ({ table, chain }: Pick<Rule, 'table' | 'chain'>, { forwarded }: Packet): boolean =>
  forwarded && table !== 'raw' && chain !== 'PREROUTING' && chain !== 'INPUT';

const destinationIn = (rule: Rule, packet: Packet) =>
  isTranslated(rule, packet) ? packet.target : { address: packet.gateway, port: packet.port };

/** Whether a condition holds; undefined where that cannot be known. */
function holds({ name, value }: Condition, rule: Rule, packet: Packet): boolean | undefined {
  const destination = destinationIn(rule, packet);
  switch (name) {
    case '-i':
      return isInterface(packet.device, value);
    case '-o':
      return packet.forwarded && rule.chain !== 'PREROUTING' && isInterface(packet.device, value);
    case '-s':
      return packet.source ? isWithin(packet.source, value) : undefined;
    case '-d':
      return destination.address ? isWithin(destination.address, value) : undefined;
    case '-p':
      return ['tcp', 'all', '6'].includes(value);
    case '--dport':
    case '--dports':
      return hasPort(value, destination.port);
    case '--ctorigdst':
      return isWithin(packet.gateway, value);
    case '--ctorigdstport':
      return hasPort(value, packet.port);
    case '--ctstate':
    case '--state':
      return value.split(',').includes('NEW');
    case '--syn':
      return true;
    case '--tcp-flags':
      return value === 'SYN';
    default:
      return undefined;
  }
}

/** The chains of Docker's own: they keep networks apart, and who deletes a rule there opens them. */
const isDockers = ({ chain }: Rule): boolean => chain.startsWith('DOCKER') && chain !== 'DOCKER-USER';

/** Whether the packet gets to a chain; to one that somebody made where some rule leads there. */
function isOnTheWay({ table, chain }: Rule, { forwarded }: Packet, rules: readonly Rule[]): boolean {
  if (chain === 'PREROUTING') return true;
  if (chain === 'INPUT') return !forwarded;
  if (chain === 'FORWARD') return forwarded;
  return rules.some((other) => other.table === table && other.verdict === chain);
}

const namesPort = ({ conditions }: Rule): boolean =>
  conditions.some(({ name, negated }) => /dst-?port|dports?$/.test(name) && !negated);

/**
 * The rule that certainly refuses the packet, and names its port: who reads it sees that it is the one. What is said
 * of all ports at once, or depends on what is not known here, is none.
 * @param rules as {@link readIptables} gives them
 */
export function refusingRule(rules: readonly string[], packet: Packet): Rule | undefined {
  const all = rules.map(readRule).filter((rule) => rule !== undefined);
  return all.find(
    (rule) =>
      REFUSING.includes(rule.verdict) &&
      !isDockers(rule) &&
      namesPort(rule) &&
      isOnTheWay(rule, packet, all) &&
      rule.conditions.every((condition) => holds(condition, rule, packet) === !condition.negated),
  );
}

/** Whether a rule is about the bridge alone, so that nobody else is let in where it is deleted. */
export const isAboutDevice = ({ conditions }: Rule, { device }: Packet): boolean =>
  conditions.some(({ name, value, negated }) => name === '-i' && !negated && value === device);

/** Whether iptables can have refused the packet at all: by its policy, or by a rule that names no port. */
export function canRefuse(rules: readonly string[], packet: Packet): boolean {
  const all = rules.map(readRule).filter((rule) => rule !== undefined);
  const chain = packet.forwarded ? 'FORWARD' : 'INPUT';
  return (
    rules.includes(`-t filter -P ${chain} DROP`) ||
    all.some(
      (rule) =>
        REFUSING.includes(rule.verdict) &&
        // What is not forwarded does not get to them.
        (packet.forwarded || !isDockers(rule)) &&
        isOnTheWay(rule, packet, all) &&
        rule.conditions.every((condition) => holds(condition, rule, packet) !== condition.negated),
    )
  );
}

/** The command that lets the packet through before anything else of a chain is asked, and nothing but it. */
export function acceptIn({ table, chain }: Pick<Rule, 'table' | 'chain'>, packet: Packet): string {
  const { device, gateway, port } = packet;
  const to = isTranslated({ table, chain }, packet)
    ? `-p tcp -m conntrack --ctorigdst ${gateway} --ctorigdstport ${port}`
    : `-d ${gateway} -p tcp --dport ${port}`;
  const inTable = table === 'filter' ? '' : `-t ${table} `;
  return `iptables ${inTable}-I ${chain} -i ${device} ${to} -j ACCEPT`;
}
