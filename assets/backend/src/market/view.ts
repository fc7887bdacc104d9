import { CANDLE_MS } from './candle-builder.ts';
import type { Engine } from './engine.ts';
import type { Candle, Signal } from './types.ts';

export interface StrategyView {
  readonly id: string;
  readonly name: string;
  readonly params: Readonly<Record<string, number>>;
  readonly state: string;
  readonly indicators: Readonly<Record<string, number | null>>;
  readonly signals: number;
  readonly last_signal: Signal | null;
}

export interface MarketView {
  readonly symbol: string;
  /** The newest price, or null before the first trade. */
  readonly price: number | null;
  /** The candle that is still open. */
  readonly candle: Candle | null;
  readonly candle_seconds: number;
  readonly feed_problem: string | null;
  readonly strategies: readonly StrategyView[];
}

/** The payload of topic `strategies` and of GET /api/v1/strategies. */
export function marketView(engine: Engine): MarketView {
  const { current, feed, store } = engine;
  const summaries = store.strategySummaries();
  return {
    symbol: feed.symbol,
    price: current?.close ?? null,
    candle: current ?? null,
    candle_seconds: CANDLE_MS / 1000,
    feed_problem: feed.problem ?? null,
    strategies: engine.strategies.map(({ id, name, params, state, indicators }) => ({
      id,
      name,
      params,
      state,
      indicators,
      signals: summaries.get(id)?.count ?? 0,
      last_signal: summaries.get(id)?.last ?? null,
    })),
  };
}
