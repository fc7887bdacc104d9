import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/log.ts';
import { CANDLE_MS } from '../../src/market/candle-builder.ts';
import { Engine } from '../../src/market/engine.ts';
import type { PriceFeed } from '../../src/market/feed.ts';
import { Store } from '../../src/market/store.ts';
import type { Strategy } from '../../src/market/strategies.ts';
import type { Candle, NewSignal, Signal, Trade } from '../../src/market/types.ts';
import { Home } from '../support/backend.ts';

/** Trades come when the test says so. */
class ManualFeed implements PriceFeed {
  readonly id = 'manual';
  readonly source = 'exchange';
  readonly symbol = 'TEST';
  readonly problem = undefined;
  past: Trade[] = [];
  trade: (trade: Trade) => void = () => {};
  lastPrice: number | undefined;
  history() {
    return this.past;
  }
  start(onTrade: (trade: Trade) => void, lastPrice: number | undefined) {
    this.trade = onTrade;
    this.lastPrice = lastPrice;
  }
  stop() {}
}

/** Buys at each candle, and remembers the closes it was shown. */
class EagerStrategy implements Strategy {
  readonly id = 'eager';
  readonly name = 'Eager';
  readonly params = {};
  readonly state = 'always';
  readonly indicators = {};
  readonly seen: number[] = [];
  update(close: number) {
    this.seen.push(close);
    return { side: 'buy', reason: 'why not' } as const;
  }
}

let home: Home;
let path: string;
let store: Store;
beforeEach(() => {
  home = new Home();
  path = join(home.path, 'test.db');
  store = new Store(path, 'manual');
});
afterEach(() => {
  store.close();
  home.remove();
});

function startEngine(feed = new ManualFeed()) {
  const strategy = new EagerStrategy();
  const engine = new Engine(
    feed,
    store,
    [strategy],
    createLogger('error', () => {}),
  );
  const told: Signal[] = [];
  engine.on('signals', (signals) => told.push(...signals));
  engine.start();
  return { engine, feed, strategy, told };
}

const trade = (n: number): Trade => ({ time: n * CANDLE_MS, price: 100 + n, quantity: 1 });

describe('Engine', () => {
  it('tells of a signal only when another connection can read it from the disk', () => {
    const { engine, feed } = startEngine();
    const reader = new DatabaseSync(path, { readOnly: true });
    const found: unknown[] = [];
    engine.on('signals', ([signal]) => {
      found.push(reader.prepare('SELECT price FROM signals WHERE id = ?').get(signal?.id ?? -1));
    });
    for (let n = 0; n <= 3; n++) feed.trade(trade(n));
    expect(found).toEqual([{ price: 100 }, { price: 101 }, { price: 102 }]);
    reader.close();
    engine.stop();
  });

  it('keeps what the disk refuses, tells nothing of it, and writes it when it can', () => {
    const { engine, feed, told } = startEngine();
    const other = new DatabaseSync(path);
    other.exec("CREATE TRIGGER full BEFORE INSERT ON candles BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    for (let n = 0; n <= 2; n++) feed.trade(trade(n));
    expect(engine.storageProblem).toBe('disk full');
    expect(told).toEqual([]);
    other.exec('DROP TRIGGER full');
    feed.trade(trade(3));
    expect(engine.storageProblem).toBeUndefined();
    expect(told.map(({ price }) => price)).toEqual([100, 101, 102]);
    expect(store.candles(0, 10)).toHaveLength(3);
    other.close();
    engine.stop();
  });

  it('warms its strategies up from the disk after a restart, without signals, and goes on from the last price', () => {
    const first = startEngine();
    for (let n = 0; n <= 3; n++) first.feed.trade(trade(n));
    first.engine.stop();
    const second = startEngine();
    expect(second.strategy.seen).toEqual([100, 101, 102]);
    expect(second.feed.lastPrice).toBe(102);
    expect(second.told).toEqual([]);
    expect(store.signals(0, 10)).toHaveLength(3);
    second.engine.stop();
  });

  it('asks for history only at the very first start', () => {
    const feed = new ManualFeed();
    feed.past = [trade(0), trade(1), trade(2)];
    startEngine(feed).engine.stop();
    expect(store.candles(0, 10)).toHaveLength(2);
    startEngine(feed).engine.stop();
    expect(store.candles(0, 10)).toHaveLength(2);
  });
});

describe('Store', () => {
  const candle = (n: number): Candle => ({ time: n, open: 1, high: 1, low: 1, close: 1, volume: 1 });
  const signal = (n: number, strategy = 'a'): NewSignal => ({
    time: n,
    strategy,
    side: 'buy',
    price: n,
    reason: 'r',
  });
  const fill = (count: number) =>
    store.commit(Array.from({ length: count }, (_, n) => ({ candle: candle(n), signals: [signal(n)] })));

  it('keeps only the newest candles and signals', () => {
    fill(50);
    store.prune(10, 5);
    expect(store.candles(0, 100).map(({ time }) => time)).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
    expect(store.signals(0, 100).map(({ time }) => time)).toEqual([45, 46, 47, 48, 49]);
    store.prune(10, 5);
    expect(store.candles(0, 100)).toHaveLength(10);
  });

  it('never gives an id twice, even after the newest signal was pruned', () => {
    const ids = fill(3).map(({ id }) => id);
    store.prune(10, 0);
    expect(store.signals(0, 10)).toEqual([]);
    const [next] = store.commit([{ candle: candle(9), signals: [signal(9)] }]);
    expect(next?.id).toBeGreaterThan(Math.max(...ids));
  });

  it('writes all of a commit or nothing', () => {
    expect(() =>
      store.commit([
        { candle: candle(1), signals: [] },
        { candle: candle(1), signals: [] },
      ]),
    ).toThrow(/UNIQUE/);
    expect(store.candles(0, 10)).toEqual([]);
    fill(1);
    expect(store.candles(0, 10)).toHaveLength(1);
  });

  it('sums up each strategy with its newest signal', () => {
    store.commit([{ candle: candle(1), signals: [signal(1, 'a'), signal(1, 'b')] }]);
    store.commit([{ candle: candle(2), signals: [signal(2, 'a')] }]);
    const { count, last } = store.strategySummaries().get('a') ?? {};
    expect(count).toBe(2);
    expect(last).toEqual({ id: 3, ...signal(2, 'a') });
    expect(store.strategySummaries().get('b')?.count).toBe(1);
  });

  it('does not mix the markets of two feeds', () => {
    fill(2);
    const other = new Store(path, 'another');
    expect(other.candles(0, 10)).toEqual([]);
    expect(other.signals(0, 10)).toEqual([]);
    other.close();
  });

  it('fails when the file was written by a newer version', () => {
    const newer = join(home.path, 'newer.db');
    const db = new DatabaseSync(newer);
    db.exec('PRAGMA user_version = 9');
    db.close();
    expect(() => new Store(newer, 'manual')).toThrow(/schema 9, not 1/);
  });
});
