import { EMA, RSI } from 'trading-signals';
import type { Side } from './types.ts';

export interface Verdict {
  readonly side: Side;
  readonly reason: string;
}

/** Looks at one close after another and says when to buy or sell. */
export interface Strategy {
  readonly id: string;
  readonly name: string;
  readonly params: Readonly<Record<string, number>>;
  /** `warming_up` until there are enough candles. */
  readonly state: string;
  readonly indicators: Readonly<Record<string, number | null>>;
  /** @param close price at which a candle closed */
  update(close: number): Verdict | undefined;
}

/** Buys when the fast average rises above the slow one and sells when it falls below. */
export class MovingAverageCrossover implements Strategy {
  readonly id = 'ma_crossover';
  readonly name = 'Moving average crossover';
  readonly params: { readonly fast: number; readonly slow: number };
  readonly #fast: EMA;
  readonly #slow: EMA;
  #trend: 'bullish' | 'bearish' | undefined;

  constructor(params = { fast: 9, slow: 21 }) {
    this.params = params;
    this.#fast = new EMA(params.fast);
    this.#slow = new EMA(params.slow);
  }

  get state(): string {
    return this.#trend ?? 'warming_up';
  }

  get indicators() {
    return { fast: rounded(this.#fast.getResult()), slow: rounded(this.#slow.getResult()) };
  }

  update(close: number): Verdict | undefined {
    const fast = this.#fast.add(close);
    const slow = this.#slow.add(close);
    if (fast === null || slow === null || !this.#slow.isStable || fast === slow) return undefined;
    const before = this.#trend;
    this.#trend = fast > slow ? 'bullish' : 'bearish';
    if (before === undefined || before === this.#trend) return undefined;
    const names = `EMA(${this.params.fast}) crossed EMA(${this.params.slow})`;
    return this.#trend === 'bullish'
      ? { side: 'buy', reason: `${names} upwards` }
      : { side: 'sell', reason: `${names} downwards` };
  }
}

/** Buys when the RSI comes back up from oversold and sells when it comes back down from overbought. */
export class RelativeStrength implements Strategy {
  readonly id = 'rsi';
  readonly name = 'Relative strength index';
  readonly params: { readonly interval: number; readonly oversold: number; readonly overbought: number };
  readonly #rsi: RSI;
  #zone: 'oversold' | 'neutral' | 'overbought' | undefined;

  constructor(params = { interval: 14, oversold: 30, overbought: 70 }) {
    this.params = params;
    this.#rsi = new RSI(params.interval);
  }

  get state(): string {
    return this.#zone ?? 'warming_up';
  }

  get indicators() {
    return { rsi: rounded(this.#rsi.getResult()) };
  }

  update(close: number): Verdict | undefined {
    const rsi = this.#rsi.add(close);
    if (rsi === null) return undefined;
    const { interval, oversold, overbought } = this.params;
    const before = this.#zone;
    this.#zone = rsi <= oversold ? 'oversold' : rsi >= overbought ? 'overbought' : 'neutral';
    if (before === 'oversold' && this.#zone !== 'oversold') {
      return { side: 'buy', reason: `RSI(${interval}) rose above ${oversold}` };
    }
    if (before === 'overbought' && this.#zone !== 'overbought') {
      return { side: 'sell', reason: `RSI(${interval}) fell below ${overbought}` };
    }
    return undefined;
  }
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(2));
}
