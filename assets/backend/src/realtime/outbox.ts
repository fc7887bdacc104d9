import type { ServerMessage, Topic } from './protocol.ts';

/** Above this many unsent bytes a client's `data` is dropped. */
export const MAX_BUFFERED_BYTES = 256 * 1024;
/** Above this even replies are not kept: a client that asks but never reads is cut. */
export const MAX_BUFFERED_REPLY_BYTES = 2 * MAX_BUFFERED_BYTES;

/** The part of a `ws` socket that sending needs. */
export interface Wire {
  readonly bufferedAmount: number;
  send(data: Buffer | string, options: { binary: boolean }, done: () => void): void;
}

export interface OutboxEvents {
  /** The newest message of a topic, for a client that has caught up. */
  latest(topic: Topic): Buffer | undefined;
  onSent(): void;
  onDropped(): void;
  /** The client asks but does not read: it has to go. */
  onOverflow(): void;
}

/** Bounds what is kept in memory for one client, and brings a slow one up to date when it has caught up. */
export class Outbox {
  readonly #wire: Wire;
  readonly #events: OutboxEvents;
  readonly #missed = new Set<Topic>();
  readonly #flushed = () => this.#catchUp();

  constructor(wire: Wire, events: OutboxEvents) {
    this.#wire = wire;
    this.#events = events;
  }

  /** @param frame the serialised message, shared by all subscribers */
  sendData(topic: Topic, frame: Buffer): void {
    if (this.#wire.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#missed.add(topic);
      this.#events.onDropped();
      return;
    }
    this.#missed.delete(topic);
    this.#send(frame);
  }

  sendReply(message: ServerMessage): void {
    if (this.#wire.bufferedAmount > MAX_BUFFERED_REPLY_BYTES) this.#events.onOverflow();
    else this.#send(JSON.stringify(message));
  }

  forget(topic: Topic): void {
    this.#missed.delete(topic);
  }

  #send(data: Buffer | string): void {
    this.#events.onSent();
    this.#wire.send(data, { binary: false }, this.#flushed);
  }

  /** Called as each message leaves memory: what was dropped meanwhile is out of date, so only the newest is sent. */
  #catchUp(): void {
    if (this.#missed.size === 0 || this.#wire.bufferedAmount > MAX_BUFFERED_BYTES / 2) return;
    for (const topic of this.#missed) {
      this.#missed.delete(topic);
      const frame = this.#events.latest(topic);
      if (frame) this.sendData(topic, frame);
    }
  }
}
