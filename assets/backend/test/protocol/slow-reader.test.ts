import { afterAll, beforeAll, expect, it } from 'vitest';
import { Backend, Home } from '../support/backend.ts';
import { type Message, TestClient } from '../support/client.ts';
import { FakeExchange } from '../support/exchange.ts';

const home = new Home();
let exchange: FakeExchange;
let backend: Backend;

beforeAll(async () => {
  exchange = await FakeExchange.start();
  backend = await Backend.start(home, { PRICE_FEED_URL: exchange.url });
  await exchange.connected();
});
afterAll(async () => {
  await backend.stop();
  await exchange.stop();
  home.remove();
});

const dropped = async () =>
  Number(((await (await backend.fetch('/api/v1/ws/stats')).json()) as { dropped: number }).dropped);
const seqs = (messages: Message[]) =>
  messages.flatMap(({ type, seq }) => (type === 'data' ? [seq as number] : []));

it('drops and counts data for a client that does not read, and sends it the newest when it reads again', async () => {
  const slow = await TestClient.connect(backend);
  const quick = await TestClient.connect(backend);
  for (const client of [slow, quick]) {
    client.send({ type: 'subscribe', topic: 'strategies' });
    await client.find({ type: 'subscribed' });
  }
  slow.socket.pause();
  let time = Date.now() - 86_400_000;
  const deadline = Date.now() + 120_000;
  while ((await dropped()) < 50) {
    if (Date.now() > deadline) throw new Error('nothing was dropped');
    for (let n = 0; n < 200; n++, time += 5_000) exchange.trade(60_000 + n, time);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // Strategies are published each 5 s too, so the newest must come well before.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const newest = Math.max(...seqs(quick.messages));
  slow.socket.resume();
  await slow.find({ type: 'data', seq: newest }, 4_000);

  const received = seqs(slow.messages);
  expect(received.length).toBeLessThan(seqs(quick.messages).length);
  expect(received).toEqual([...received].sort((a, b) => a - b));
  expect(new Set(seqs(quick.messages)).size).toBe(newest - Math.min(...seqs(quick.messages)) + 1);
}, 150_000);
