import type { PriceFeed } from './feed.ts';
import type { Trade } from './types.ts';

const TICK_MS = 500;
const BASE_PRICE = 60_000;
/** Standard deviation of one tick's relative change: about 0.1 % per 5 s candle. */
const VOLATILITY = 0.0003;
/** Pull towards the base price per tick, so that the walk stays plausible for weeks. */
const REVERSION = 0.0001;

/** A mean-reverting random walk: the same seed gives the same sequence of steps. */
export class SimulatedFeed implements PriceFeed {
  readonly id = 'simulated';
  readonly source = 'simulated';
  readonly symbol = 'BTCUSDT';
  readonly problem = undefined;
  readonly #random: () => number;
  #price = BASE_PRICE;
  #timer: NodeJS.Timeout | undefined;

  /** @param seed an unsigned 32-bit integer */
  constructor(seed: number) {
    this.#random = mulberry32(seed);
  }

  *history(from: number, to: number): Generator<Trade> {
    for (let time = from; time < to; time += TICK_MS) yield this.#next(time);
  }

  start(onTrade: (trade: Trade) => void, lastPrice: number | undefined): void {
    this.#price = lastPrice ?? this.#price;
    this.#timer = setInterval(() => onTrade(this.#next(Date.now())), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #next(time: number): Trade {
    const step = VOLATILITY * gaussian(this.#random) + REVERSION * Math.log(BASE_PRICE / this.#price);
    this.#price *= Math.exp(step);
    return { price: round(this.#price, 2), quantity: round(this.#random() * 0.5, 4), time };
  }
}

/** Box-Muller; 1 - random() keeps the logarithm finite. */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** A small seedable generator of numbers in [0, 1), as Math.random() takes no seed (bryc, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
