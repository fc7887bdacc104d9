import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** An exchange on 127.0.0.1 that sends what the test tells it to. */
export class FakeExchange {
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
  }

  static async start(port = 0): Promise<FakeExchange> {
    const server = new WebSocketServer({ host: '127.0.0.1', port });
    await once(server, 'listening');
    return new FakeExchange(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws/btcusdt@trade?key=feed-secret`;
  }

  async connected(): Promise<void> {
    if (this.#server.clients.size === 0) await once(this.#server, 'connection');
  }

  trade(price: number, time: number): void {
    this.send({ e: 'trade', s: 'BTCUSDT', p: price.toFixed(2), q: '0.5', T: time });
  }

  send(message: unknown): void {
    for (const client of this.#server.clients) client.send(JSON.stringify(message));
  }

  /** Drops its clients and stops listening. */
  async stop(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
