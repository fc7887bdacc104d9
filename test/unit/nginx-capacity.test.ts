import { describe, expect, it } from 'vitest';
import { HIGHEST_MAX_CONNECTIONS } from '../../stacks/settings/definitions.ts';
import { bodiesFor, memoryFor, slotsFor, tmpFor, uploadsFor } from '../../stacks/topology/nginx-capacity.ts';

const capacity = (BTCW_MAX_BODY: string, BTCW_MAX_CONNECTIONS: number) => ({
  BTCW_MAX_BODY,
  BTCW_MAX_CONNECTIONS,
});

describe('what nginx takes at once', () => {
  it.each([1, 100, 2_500, HIGHEST_MAX_CONNECTIONS])(
    'leaves more than 1/16 of the slots free when %i connections are served',
    (served) => {
      const slots = slotsFor(capacity('10m', served));
      expect(slots - 2 * served).toBeGreaterThan(slots / 16);
      expect(bodiesFor(capacity('10m', served))).toBeGreaterThan(0);
    },
  );

  it.each([
    ['1k', 64],
    ['1m', 64],
    ['10m', 16],
    ['100m', 4],
    ['1g', 4],
  ])('has room in /tmp for all uploads of %s that it takes, which are %i', (size, uploads) => {
    const MiB = { k: 1 / 1024, m: 1, g: 1024 }[size.slice(-1)] ?? 0;
    expect(uploadsFor(capacity(size, 100))).toBe(uploads);
    expect(tmpFor(capacity(size, 100))).toBeGreaterThan(uploads * Number.parseInt(size, 10) * MiB);
    expect(memoryFor(capacity(size, 100))).toBeGreaterThan(tmpFor(capacity(size, 100)));
  });

  it('keeps the size of /tmp, and with it the container, whatever the number of connections', () => {
    expect(tmpFor(capacity('10m', 3))).toBe(tmpFor(capacity('10m', 5_000)));
    expect(memoryFor(capacity('10m', 2_500))).toBe(367);
  });
});
