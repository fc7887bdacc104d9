import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/log.ts';
import { CANDLE_MS, CandleBuilder } from '../../src/market/candle-builder.ts';
import { ExchangeFeed, parseTradeMessage, retryDelay } from '../../src/market/exchange-feed.ts';
import { SimulatedFeed } from '../../src/market/simulated-feed.ts';
import { MovingAverageCrossover, RelativeStrength } from '../../src/market/strategies.ts';
import type { Trade } from '../../src/market/types.ts';
import { parseSince } from '../../src/routes/market.ts';
import { FakeExchange } from '../support/exchange.ts';

const at = (time: number, price: number, quantity = 1) => ({ time, price, quantity });

describe('CandleBuilder', () => {
  it('gathers the trades of an interval and closes it with the first of a later one', () => {
    const builder = new CandleBuilder();
    for (const trade of [at(0, 10), at(1, 12), at(2, 9), at(4_999, 11)])
      expect(builder.add(trade)).toBeUndefined();
    expect(builder.add(at(15_000, 20))).toEqual({
      time: 0,
      open: 10,
      high: 12,
      low: 9,
      close: 11,
      volume: 4,
    });
    expect(builder.current).toMatchObject({ time: 15_000, open: 20 });
  });

  it('counts a late trade for the open candle, and ignores those of candles closed before a restart', () => {
    const builder = new CandleBuilder(0);
    expect(builder.add(at(100, 1))).toBeUndefined();
    expect(builder.current).toBeUndefined();
    builder.add(at(5_000, 10));
    builder.add(at(1, 30));
    expect(builder.current).toMatchObject({ time: 5_000, high: 30 });
  });

  it('never gives two candles of one time, nor an earlier after a later one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 100_000 })), (times) => {
        const builder = new CandleBuilder();
        const closed = times.flatMap((time) => builder.add(at(time, 1))?.time ?? []);
        for (let n = 1; n < closed.length; n++) expect(closed[n]).toBeGreaterThan(closed[n - 1] as number);
      }),
    );
  });
});

describe('MovingAverageCrossover', () => {
  it('is silent while warming up, then sells and buys where the averages cross', () => {
    const strategy = new MovingAverageCrossover({ fast: 2, slow: 4 });
    expect(strategy.state).toBe('warming_up');
    const sides = [10, 11, 12, 13, 14, 8, 6, 5, 9, 14].map((close) => strategy.update(close)?.side);
    expect(sides.slice(0, 5)).toEqual(Array(5).fill(undefined));
    expect(sides.filter(Boolean)).toEqual(['sell', 'buy']);
    expect(strategy.state).toBe('bullish');
    expect(strategy.indicators.fast).toBeGreaterThan(strategy.indicators.slow ?? Number.NaN);
  });
});

describe('RelativeStrength', () => {
  it('sells on the way back from overbought and buys on the way back from oversold', () => {
    const strategy = new RelativeStrength({ interval: 3, oversold: 30, overbought: 70 });
    const closes = [10, 11, 12, 13, 14, 11, 9, 7, 5, 6, 9, 9.1];
    const verdicts = closes.flatMap((close) => strategy.update(close) ?? []);
    expect(verdicts).toEqual([
      { side: 'sell', reason: 'RSI(3) fell below 70' },
      { side: 'buy', reason: 'RSI(3) rose above 30' },
    ]);
  });
});

describe('SimulatedFeed', () => {
  const walk = (seed: number) => [...new SimulatedFeed(seed).history(0, 600_000)];

  it('gives the same walk for the same seed and another for another', () => {
    expect(walk(7)).toEqual(walk(7));
    expect(walk(7)).not.toEqual(walk(8));
  });

  it('stays a plausible price for days', () => {
    const prices = [...new SimulatedFeed(1).history(0, 3 * 86_400_000)].map(({ price }) => price);
    expect(Math.min(...prices.filter((_, n) => n % 100 === 0))).toBeGreaterThan(50_000);
    expect(Math.max(...prices.filter((_, n) => n % 100 === 0))).toBeLessThan(72_000);
  });
});

describe('parseTradeMessage', () => {
  const good = { e: 'trade', s: 'BTCUSDT', p: '60000.5', q: '0.25', T: 1_700_000_000_000 };

  it('reads a trade, plain or wrapped', () => {
    const expected = { trade: { price: 60_000.5, quantity: 0.25, time: good.T }, symbol: 'BTCUSDT' };
    expect(parseTradeMessage(JSON.stringify(good))).toEqual(expected);
    expect(parseTradeMessage(JSON.stringify({ stream: 's', data: good }))).toEqual(expected);
  });

  it.each([
    ['another event', { ...good, e: 'kline' }],
    ['a price of zero', { ...good, p: '0' }],
    ['a price that is no number', { ...good, p: 'NaN' }],
    ['a negative quantity', { ...good, q: '-1' }],
    ['a time in the far future', { ...good, T: Date.now() + 120_000 }],
    ['a fractional time', { ...good, T: 1.5 }],
    ['null', null],
  ])('ignores %s', (_case, message) => {
    expect(parseTradeMessage(JSON.stringify(message))).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseTradeMessage(text)));
  });
});

describe('ExchangeFeed', () => {
  it('leaves a connection on which no trade comes, and takes no trade from it any more', async () => {
    const exchange = await FakeExchange.start();
    const trades: Trade[] = [];
    const feed = new ExchangeFeed(new URL(exchange.url), createLogger('error'), 50);
    feed.start((trade) => trades.push(trade));
    await exchange.connected();
    await vi.waitFor(() => expect(feed.problem).toBe('no trade for 0.05 s'));
    exchange.trade(1, 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(trades).toEqual([]);
    expect(feed.problem).toBe('no trade for 0.05 s');
    feed.stop();
    await exchange.stop();
  });

  it('keeps the key of a feed out of its id', () => {
    const feed = new ExchangeFeed(new URL('wss://x.example:9443/ws/a@trade?key=k1'), createLogger('error'));
    expect(feed.id).toBe('x.example:9443/ws/a@trade');
  });
});

it('waits longer after each failure, at most 30 s and at least half of it', () => {
  expect([0, 1, 2, 10].map((failures) => retryDelay(failures, 0))).toEqual([1_000, 2_000, 4_000, 30_000]);
  expect(retryDelay(10, 1)).toBe(15_000);
});

it('reads since as milliseconds or ISO 8601', () => {
  expect(parseSince()).toBe(0);
  expect(parseSince('1700000000000')).toBe(1_700_000_000_000);
  expect(parseSince('1970-01-01T00:00:05Z')).toBe(CANDLE_MS);
  expect(parseSince('soon')).toBeUndefined();
  expect(parseSince('-5 x')).toBeUndefined();
});
