import type { Source } from '../realtime/protocol.ts';
import type { Trade } from './types.ts';

/** Where trades come from. */
export interface PriceFeed {
  /** Names the market in the database, so that simulated and real candles never mix. */
  readonly id: string;
  readonly source: Exclude<Source, 'measured'>;
  /** The traded pair as far as the feed has told it. */
  readonly symbol: string;
  /** Why no trades come, or undefined while they do. */
  readonly problem: string | undefined;
  /**
   * Trades that stand in for the time before the first start, oldest first; empty for a real market.
   * @param from in Unix milliseconds, as is `to`
   */
  history(from: number, to: number): Iterable<Trade>;
  /** @param lastPrice where a simulated price goes on after a restart */
  start(onTrade: (trade: Trade) => void, lastPrice: number | undefined): void;
  stop(): void;
}
