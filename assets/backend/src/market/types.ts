/** One executed trade as a feed tells it. */
export interface Trade {
  readonly price: number;
  readonly quantity: number;
  /** When it was executed, in Unix milliseconds. */
  readonly time: number;
}

/** The trades of one interval. */
export interface Candle {
  /** Start of the interval, in Unix milliseconds. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export type Side = 'buy' | 'sell';

/** What a strategy found when a candle closed. */
export interface NewSignal {
  /** Close of the candle, in Unix milliseconds. */
  readonly time: number;
  readonly strategy: string;
  readonly side: Side;
  readonly price: number;
  readonly reason: string;
}

/** A signal that is on disk. */
export interface Signal extends NewSignal {
  /** Grows with each signal, also over restarts. */
  readonly id: number;
}
