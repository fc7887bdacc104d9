import { afterAll, beforeAll, expect, it } from 'vitest';
import { Backend, Home } from '../support/backend.ts';
import { TestClient } from '../support/client.ts';
import { FakeExchange } from '../support/exchange.ts';

const home = new Home();
let exchange: FakeExchange;
let backend: Backend;

beforeAll(async () => {
  exchange = await FakeExchange.start();
  backend = await Backend.start(home, { PRICE_FEED_URL: exchange.url });
});
afterAll(async () => {
  await backend.stop();
  await exchange.stop();
  home.remove();
});

async function healthWith(status: string): Promise<Record<string, unknown>> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const health = (await (await backend.fetch('/health')).json()) as Record<string, unknown>;
    if (health.status === status) return health;
    if (Date.now() > deadline) throw new Error(`health stays ${JSON.stringify(health)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it('turns the trades of a configured exchange into candles and says so in every message', async () => {
  const client = await TestClient.connect(backend);
  client.send({ type: 'subscribe', topic: 'strategies' });
  expect(await client.find({ type: 'data' })).toMatchObject({ source: 'exchange', payload: { price: null } });
  await exchange.connected();
  const start = Math.floor(Date.now() / 5_000) * 5_000 - 60_000;
  exchange.send({ e: 'trade', p: '-1', q: '1', T: start });
  exchange.send({ e: 'trade', p: '1', q: '1', T: Date.now() + 3_600_000 });
  exchange.send('nonsense');
  exchange.trade(100, start);
  exchange.send({
    stream: 'btcusdt@trade',
    data: { e: 'trade', s: 'BTCUSDT', p: '102', q: '0.1', T: start + 1 },
  });
  exchange.trade(101, start + 5_000);
  await healthWith('ok');
  const { candles, source } = await backend.getJson('/api/v1/candles');
  expect(source).toBe('exchange');
  expect(candles).toEqual([{ time: start, open: 100, high: 102, low: 100, close: 102, volume: 0.6 }]);
  expect(await backend.getJson('/api/v1/strategies')).toMatchObject({ price: 101, symbol: 'BTCUSDT' });
  client.socket.close();
});

it('is degraded while the exchange is away, makes nothing up, and comes back by itself', async () => {
  const { port } = exchange;
  await exchange.stop();
  const health = await healthWith('degraded');
  expect(health.degraded).toEqual([{ component: 'price_feed', reason: expect.stringMatching(/\w/) }]);
  const before = await backend.getJson('/api/v1/candles');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await backend.getJson('/api/v1/candles')).toEqual(before);
  exchange = await FakeExchange.start(port);
  await exchange.connected();
  exchange.trade(103, Date.now());
  await healthWith('ok');
  expect(backend.output).toMatch(
    /WARN Price feed 127\.0\.0\.1:\d+\/ws\/btcusdt@trade is away: .*; next try in \d+ ms/,
  );
  expect(backend.output).not.toContain('feed-secret');
});
