import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../log.ts';
import type { Client } from './client.ts';
import { CLOSE, type DataMessage, type Source, TOPICS, type Topic } from './protocol.ts';

const TICK_MS = 1_000;
/** How long clients may take to answer the close at shutdown. */
const CLOSE_GRACE_MS = 2_000;

/** All open clients: publishes to them, watches their heartbeats, counts. */
export class Hub {
  readonly counters = { accepted: 0, received: 0, sent: 0, dropped: 0 };
  readonly #clients = new Set<Client>();
  readonly #sessionKey: () => string;
  readonly #log: Logger;
  readonly #seq = new Map<Topic, number>();
  readonly #latest = new Map<Topic, Buffer>();
  #timer: NodeJS.Timeout | undefined;

  /** @param sessionKey what tokens are signed with at this moment; may throw */
  constructor(sessionKey: () => string, log: Logger) {
    this.#sessionKey = sessionKey;
    this.#log = log;
  }

  /** Begins to watch heartbeats, expiring tokens and the password. */
  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get connections(): number {
    return this.#clients.size;
  }

  add(client: Client): void {
    this.#clients.add(client);
    this.counters.accepted++;
    this.#log.info(`WebSocket client ${client.id} connected (user: ${client.user})`);
    client.greet();
  }

  remove(client: Client, code: number, reason: string): void {
    this.#clients.delete(client);
    const why = `${code} ${reason}`.trimEnd();
    this.#log.info(`WebSocket client ${client.id} disconnected (user: ${client.user}): ${why}`);
  }

  /** Serialises once for all subscribers: with 2,000 of them that is most of the work. */
  publish(topic: Topic, source: Source, payload: unknown): void {
    const seq = (this.#seq.get(topic) ?? 0) + 1;
    this.#seq.set(topic, seq);
    const timestamp = new Date().toISOString();
    const message: DataMessage = { type: 'data', topic, seq, timestamp, source, payload };
    const frame = Buffer.from(JSON.stringify(message));
    this.#latest.set(topic, frame);
    for (const client of this.#clients) {
      if (client.topics.has(topic)) client.sendData(topic, frame);
    }
  }

  /** What a new subscriber is sent at once, and a slow one when it has caught up. */
  latest(topic: Topic): Buffer | undefined {
    return this.#latest.get(topic);
  }

  /** Subscribers of each topic. */
  subscribers(): Record<Topic, number> {
    const count = (topic: Topic) => [...this.#clients].filter((client) => client.topics.has(topic)).length;
    return Object.fromEntries(TOPICS.map((topic) => [topic, count(topic)])) as Record<Topic, number>;
  }

  /** Closes every client with 1012 and waits for them, at most 2 s. */
  async close(reason: string): Promise<void> {
    clearInterval(this.#timer);
    for (const client of this.#clients) client.close(CLOSE.restart, reason);
    const deadline = Date.now() + CLOSE_GRACE_MS;
    while (this.#clients.size > 0 && Date.now() < deadline) await sleep(20);
    for (const client of this.#clients) client.terminate();
  }

  #tick(): void {
    const now = Date.now();
    const key = this.#presentKey();
    for (const client of this.#clients) client.tick(now, key);
  }

  /** Undefined while the password cannot be read: that ends no session. */
  #presentKey(): string | undefined {
    try {
      return this.#sessionKey();
    } catch {
      return undefined;
    }
  }
}
