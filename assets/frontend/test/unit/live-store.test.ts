import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import { useLiveStore } from '../../src/stores/live.ts';
import { useUserStore } from '../../src/stores/user.ts';
import type { Candle, Signal } from '../../src/utils/protocol.ts';
import { FakeSocket } from './fake-socket.ts';
import { stubBrowser } from './stub-browser.ts';

const fetch = vi.fn<(url: string) => Promise<Response>>();

const candle = (time: number, close: number): Candle => ({
  time,
  open: 1,
  high: 1,
  low: 1,
  close,
  volume: 1,
});
const signal = (id: number): Signal => ({ id, time: id, strategy: 'rsi', side: 'buy', price: 1, reason: '' });

function market(current: Candle) {
  const payload = { symbol: 'BTCUSDT', price: current.close, candle: current, strategies: [] };
  return { type: 'data', topic: 'strategies', seq: 1, timestamp: '', source: 'simulated', payload };
}

async function connected() {
  const live = useLiveStore();
  useUserStore().restore();
  FakeSocket.last.accept();
  await vi.advanceTimersByTimeAsync(0);
  return live;
}

const requested = () => fetch.mock.calls.map(([url]) => url).filter((url) => !url.endsWith('/me'));

beforeEach(() => {
  vi.useFakeTimers();
  stubBrowser({ token: 'kept' });
  vi.stubGlobal('fetch', fetch);
  fetch.mockReset().mockImplementation(async (url) => {
    if (url.includes('/candles')) return Response.json({ candles: [candle(0, 10), candle(5, 20)] });
    return Response.json({ signals: [signal(1), signal(2)] });
  });
  setActivePinia(createPinia());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('shows history and live data as one', async () => {
  const live = await connected();
  FakeSocket.last.say(market(candle(10, 30)));
  FakeSocket.last.say({
    ...market(candle(0, 0)),
    topic: 'signals',
    payload: { signals: [signal(2), signal(3)] },
  });
  expect(live.candles.map(({ close }) => close)).toEqual([10, 20, 30]);
  expect(live.signals.map(({ id }) => id)).toEqual([3, 2, 1]);
  expect(live.priceSource).toBe('simulated');
});

it('asks for the final figures of a candle when the next one begins', async () => {
  await connected();
  expect(requested()).toHaveLength(2);
  FakeSocket.last.say(market(candle(10, 30)));
  FakeSocket.last.say(market(candle(10, 31)));
  expect(requested()).toHaveLength(2);
  FakeSocket.last.say(market(candle(15, 40)));
  expect(requested()).toHaveLength(3);
  expect(requested().at(-1)).toBe('/api/v1/candles?since=5&limit=240');
});

it('fills what was missed while the connection was away', async () => {
  await connected();
  FakeSocket.last.end(1012);
  await vi.advanceTimersByTimeAsync(1_000);
  FakeSocket.last.accept();
  await nextTick();
  expect(requested()).toHaveLength(4);
});

it('forgets everything at the logout', async () => {
  const live = await connected();
  useUserStore().logout();
  await nextTick();
  expect(live.candles).toEqual([]);
  expect(live.signals).toEqual([]);
});
