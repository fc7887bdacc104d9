/** IPv4 subnets: which overlap, and which this host has routes to. Pure. */

/** A subnet that this host reaches without the default route. */
export interface Route {
  /** Network interface. @example 'eth0' */
  readonly device: string;
  /** @example '192.0.2.0/24' */
  readonly subnet: string;
}

const toNumber = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/** First and last address of a subnet. */
function rangeOf(subnet: string): readonly [number, number] {
  const [address = '', bits = '32'] = subnet.split('/');
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(toNumber(address) / size) * size;
  return [first, first + size - 1];
}

/** @example overlap('172.17.0.0/16', '172.17.5.0/24') // true */
export function overlap(a: string, b: string): boolean {
  const [[firstA, lastA], [firstB, lastB]] = [rangeOf(a), rangeOf(b)];
  return firstA <= lastB && firstB <= lastA;
}

/** The first address of a subnet: what Docker gives a bridge whose gateway is not set. */
export const firstAddress = (subnet: string): string => toAddress(rangeOf(subnet)[0] + 1);

/** The kernel writes an address as hexadecimal, its first byte last. */
const fromHex = (hex: string): number =>
  toNumber(
    (hex.match(/../g) ?? [])
      .reverse()
      .map((byte) => Number.parseInt(byte, 16))
      .join('.'),
  );

/** @param table what /proc/net/route holds; the default route is left out */
export function parseRoutes(table: string): Route[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([device = '', destination = '', , , , , , mask = '']) => {
      if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask)) return [];
      const bits = fromHex(mask).toString(2).replaceAll('0', '').length;
      return bits === 0 ? [] : [{ device, subnet: `${toAddress(fromHex(destination))}/${bits}` }];
    });
}
