/** Other clocks, compared with this host's. */

/**
 * How far a clock is ahead that was read at an unknown moment between two of this host's: 0 where it may be right,
 * undefined where there is none. A slow answer is no wrong clock.
 * @param clockMs what it said
 */
export function skewOf(clockMs: number, askedMs: number, answeredMs: number): number | undefined {
  if (Number.isNaN(clockMs)) return undefined;
  return clockMs > answeredMs ? clockMs - answeredMs : Math.min(0, clockMs - askedMs);
}
