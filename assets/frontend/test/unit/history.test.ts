import { expect, it } from 'vitest';
import { candleBehind } from '../../src/charts/price-option.ts';
import { axisEnd } from '../../src/charts/timeline-option.ts';
import { appendSample, CANDLES_SHOWN, mergeCandles, SAMPLE_WINDOW_MS } from '../../src/utils/history.ts';
import type { Signal } from '../../src/utils/protocol.ts';

const candle = (time: number, close = 1) => ({ time, open: 1, high: 1, low: 1, close, volume: 1 });

it('replaces a candle by its newer figures, keeps the order and the newest only', () => {
  expect(mergeCandles([candle(5), candle(10)], [candle(15), candle(10, 2)])).toEqual([
    candle(5),
    candle(10, 2),
    candle(15),
  ]);
  const many = Array.from({ length: CANDLES_SHOWN + 5 }, (_, index) => candle(index));
  expect(mergeCandles([], many).map(({ time }) => time)).toEqual(many.slice(5).map(({ time }) => time));
});

it('drops samples that have left the window', () => {
  const samples = appendSample([{ time: 0 }, { time: 1_000 }], { time: SAMPLE_WINDOW_MS + 1_000 });
  expect(samples.map(({ time }) => time)).toEqual([1_000, SAMPLE_WINDOW_MS + 1_000]);
});

it('keeps a sample once when the server repeats its latest', () => {
  expect(appendSample([{ time: 5 }], { time: 5 })).toEqual([{ time: 5 }]);
});

it('puts a signal on the candle whose close gave it', () => {
  const signal = { time: 10 } as Signal;
  expect(candleBehind([candle(0), candle(5), candle(10)], signal)).toBe(1);
  expect(candleBehind([candle(10)], signal)).toBe(-1);
});

it('ends a value axis at a number that four steps divide', () => {
  expect(axisEnd(100, [3, 99.5])).toBe(100);
  expect(axisEnd(2, [])).toBe(2);
  expect(axisEnd(2, [4.2])).toBe(8);
});
