import type { Candle, Trade } from './types.ts';

/** Length of a candle. Short, so that a dashboard moves while one looks at it. */
export const CANDLE_MS = 5_000;

/** Gathers trades into candles. An interval without trades has no candle. */
export class CandleBuilder {
  #current: Candle | undefined;
  readonly #lastClosed: number;

  /** @param lastClosed start of the newest candle that is already closed, in Unix milliseconds */
  constructor(lastClosed = Number.NEGATIVE_INFINITY) {
    this.#lastClosed = lastClosed;
  }

  /** The candle that is still open. */
  get current(): Candle | undefined {
    return this.#current;
  }

  /**
   * A trade of an interval that is closed already (feeds deliver out of order) counts for the open one.
   * @returns the candle that this trade closed, being the first of a later interval
   */
  add(trade: Trade): Candle | undefined {
    const time = Math.floor(trade.time / CANDLE_MS) * CANDLE_MS;
    const current = this.#current;
    if (current && time <= current.time) {
      this.#current = extend(current, trade);
      return undefined;
    }
    if (!current && time <= this.#lastClosed) return undefined;
    const { price, quantity } = trade;
    this.#current = { time, open: price, high: price, low: price, close: price, volume: quantity };
    return current;
  }
}

function extend(candle: Candle, { price, quantity }: Trade): Candle {
  return {
    ...candle,
    high: Math.max(candle.high, price),
    low: Math.min(candle.low, price),
    close: price,
    // Without the noise of binary fractions: exchanges trade in steps of 1e-8.
    volume: Number((candle.volume + quantity).toFixed(8)),
  };
}
