import type { Candle, Signal } from './protocol.ts';

/** A payload with the time it was sent at, in Unix milliseconds. */
export type Sample<Payload> = Payload & { readonly time: number };

export const CANDLES_SHOWN = 120;
const SIGNALS_KEPT = 100;
export const SAMPLE_WINDOW_MS = 300_000;

/** Oldest first; of two candles of one time the later given wins. */
export function mergeCandles(known: readonly Candle[], news: Candle | readonly Candle[]): readonly Candle[] {
  const byTime = new Map([...known, ...[news].flat()].map((candle) => [candle.time, candle]));
  return [...byTime.values()].sort((a, b) => a.time - b.time).slice(-CANDLES_SHOWN);
}

/** Newest first, each id once. */
export function mergeSignals(known: readonly Signal[], news: readonly Signal[]): readonly Signal[] {
  const byId = new Map([...known, ...news].map((signal) => [signal.id, signal]));
  return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, SIGNALS_KEPT);
}

/** Drops what has left the window that the charts show. */
export function appendSample<P>(known: readonly Sample<P>[], sample: Sample<P>): readonly Sample<P>[] {
  const oldest = sample.time - SAMPLE_WINDOW_MS;
  return [...known.filter(({ time }) => time >= oldest && time < sample.time), sample];
}
