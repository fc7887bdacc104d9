import { describe, expect, it } from 'vitest';
import { HIGHEST_MAX_CONNECTIONS } from '../../stacks/settings/definitions.ts';
import {
  bodiesFor,
  connectionsFor,
  memoryFor,
  slotsFor,
  tmpFor,
  uploadsFor,
} from '../../stacks/topology/nginx-capacity.ts';

const capacity = (BTCW_MAX_BODY: string, BTCW_MAX_CONNECTIONS: number) => ({
  BTCW_MAX_BODY,
  BTCW_MAX_CONNECTIONS,
});

/** Its own, and that of the tunnel. */
const PORTS = 2;

describe('what nginx takes at once', () => {
  it.each([1, 100, 2_500, HIGHEST_MAX_CONNECTIONS])(
    'leaves more than 1/16 of the slots free when %i connections are served',
    (served) => {
      const slots = slotsFor(capacity('10m', served), PORTS);
      expect(slots - 2 * connectionsFor(capacity('10m', served), PORTS)).toBeGreaterThan(slots / 16);
      expect(bodiesFor(capacity('10m', served))).toBeGreaterThan(0);
    },
  );

  it.each([
    ['1k', 64],
    ['1m', 64],
    ['10m', 12],
    ['100m', 2],
    ['1g', 2],
  ])('has room in /tmp for all uploads of %s that its ports take, which are %i each', (size, uploads) => {
    const MiB = { k: 1 / 1024, m: 1, g: 1024 }[size.slice(-1)] ?? 0;
    expect(uploadsFor(capacity(size, 100), PORTS)).toBe(uploads);
    expect(tmpFor(capacity(size, 100), PORTS)).toBeGreaterThan(
      PORTS * uploads * Number.parseInt(size, 10) * MiB,
    );
    expect(memoryFor(capacity(size, 100), PORTS)).toBeGreaterThan(tmpFor(capacity(size, 100), PORTS));
  });

  it('has a tenth of the connections beside a port that is full', () => {
    expect(connectionsFor(capacity('10m', 2_500), 1)).toBe(2_500);
    expect(connectionsFor(capacity('10m', 2_500), PORTS)).toBe(2_750);
  });

  it('keeps the size of /tmp, and with it the container, whatever the number of connections', () => {
    expect(tmpFor(capacity('10m', 3), PORTS)).toBe(tmpFor(capacity('10m', 5_000), PORTS));
    expect(memoryFor(capacity('10m', 2_500), 1)).toBe(533);
    expect(memoryFor(capacity('10m', 2_500), PORTS)).toBe(555);
  });
});
