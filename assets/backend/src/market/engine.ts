import { EventEmitter } from 'node:events';
import type { Logger } from '../log.ts';
import { CANDLE_MS, CandleBuilder } from './candle-builder.ts';
import type { PriceFeed } from './feed.ts';
import type { Batch, Store } from './store.ts';
import type { Strategy } from './strategies.ts';
import type { Candle, NewSignal, Signal, Trade } from './types.ts';

/** Candles that bring the indicators to where they were before a restart. */
const WARM_UP_CANDLES = 500;
/** What the first start of a simulated market looks back on: 20 minutes. */
const HISTORY_MS = 240 * CANDLE_MS;
/** While the disk refuses writes this many candles wait in memory: an hour's. */
const MAX_PENDING = 720;
const PRUNE_EVERY_MS = 3_600_000;

export interface EngineEvents {
  /** A candle closed and is on disk. */
  candle: [];
  /** New signals are on disk, and only now may be told. */
  signals: [readonly Signal[]];
}

/** Turns the feed's trades into candles and these into signals. */
export class Engine extends EventEmitter<EngineEvents> {
  readonly feed: PriceFeed;
  readonly store: Store;
  readonly strategies: readonly Strategy[];
  readonly #log: Logger;
  readonly #pending: Batch[] = [];
  #builder = new CandleBuilder();
  #storageProblem: string | undefined;
  #pruneTimer: NodeJS.Timeout | undefined;

  constructor(feed: PriceFeed, store: Store, strategies: readonly Strategy[], log: Logger) {
    super();
    this.feed = feed;
    this.store = store;
    this.strategies = strategies;
    this.#log = log;
  }

  /** Why candles and signals are not being kept, or undefined while they are. */
  get storageProblem(): string | undefined {
    return this.#storageProblem;
  }

  /** The candle that is still open. */
  get current(): Candle | undefined {
    return this.#builder.current;
  }

  /** @throws SQLite's error when the stored candles cannot be read */
  start(): void {
    this.#prune();
    this.#pruneTimer = setInterval(() => this.#prune(), PRUNE_EVERY_MS);
    const known = this.store.candles(0, WARM_UP_CANDLES);
    const last = known.at(-1);
    // Their signals were stored when they closed.
    for (const candle of known) for (const strategy of this.strategies) strategy.update(candle.close);
    this.#builder = new CandleBuilder(last?.time);
    if (!last) this.#backfill();
    this.feed.start((trade) => this.#onTrade(trade), last?.close);
  }

  stop(): void {
    clearInterval(this.#pruneTimer);
    this.feed.stop();
  }

  #backfill(): void {
    const now = Date.now();
    for (const trade of this.feed.history(now - HISTORY_MS, now)) this.#addTrade(trade);
    this.#flush();
  }

  #onTrade(trade: Trade): void {
    if (this.#addTrade(trade)) this.#flush();
  }

  /** @returns whether the trade closed a candle */
  #addTrade(trade: Trade): boolean {
    const candle = this.#builder.add(trade);
    if (!candle) return false;
    this.#pending.push({ candle, signals: this.strategies.flatMap((strategy) => judge(strategy, candle)) });
    return true;
  }

  /** Commits what is pending and only then tells of it; after an error it stays pending for the next candle. */
  #flush(): void {
    let signals: Signal[];
    try {
      signals = this.store.commit(this.#pending);
    } catch (error) {
      this.#onStorageError(error);
      return;
    }
    this.#pending.length = 0;
    if (this.#storageProblem) this.#log.info('Candles and signals are being kept again');
    this.#storageProblem = undefined;
    if (signals.length > 0) this.emit('signals', signals);
    this.emit('candle');
  }

  #onStorageError(error: unknown): void {
    this.#storageProblem = (error as Error).message;
    this.#log.error(`Candles and signals cannot be written: ${this.#storageProblem}`);
    if (this.#pending.length > MAX_PENDING) this.#pending.shift();
  }

  #prune(): void {
    try {
      this.store.prune();
    } catch (error) {
      this.#log.error(`Old candles and signals cannot be deleted: ${(error as Error).message}`);
    }
  }
}

function judge(strategy: Strategy, candle: Candle): NewSignal[] {
  const verdict = strategy.update(candle.close);
  if (!verdict) return [];
  return [{ time: candle.time + CANDLE_MS, strategy: strategy.id, price: candle.close, ...verdict }];
}
