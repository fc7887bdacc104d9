import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Claims } from '../auth/tokens.ts';
import type { Hub } from './hub.ts';
import { Outbox } from './outbox.ts';
import {
  CLOSE,
  type ClientMessage,
  HEARTBEAT_INTERVAL_SEC,
  HEARTBEAT_TIMEOUT_SEC,
  MAX_MESSAGE_BYTES,
  ProtocolError,
  parseClientMessage,
  type ServerMessage,
  TOPICS,
  type Topic,
} from './protocol.ts';
import { RateMeter } from './rate-meter.ts';

/** One open WebSocket: its heartbeat, its limits and its subscriptions. */
export class Client {
  readonly id: string;
  readonly user: string;
  readonly topics = new Set<Topic>();
  readonly #socket: WebSocket;
  readonly #hub: Hub;
  readonly #sessionKey: string;
  readonly #outbox: Outbox;
  readonly #expiresAt: number;
  readonly #rate = new RateMeter();
  #lastHeard = Date.now();
  #nextPing = Date.now() + HEARTBEAT_INTERVAL_SEC * 1000;
  /** Why this side cut the connection, where no close frame can tell. */
  #cutReason = '';

  /** @param sessionKey what its token was signed with */
  constructor(socket: WebSocket, claims: Claims, sessionKey: string, hub: Hub) {
    this.id = `${claims.sub}_${randomBytes(4).toString('hex')}`;
    this.user = claims.sub;
    this.#socket = socket;
    this.#hub = hub;
    this.#sessionKey = sessionKey;
    this.#expiresAt = claims.exp * 1000;
    this.#outbox = new Outbox(socket, {
      latest: (topic) => hub.latest(topic),
      onSent: () => hub.counters.sent++,
      onDropped: () => hub.counters.dropped++,
      onOverflow: () => this.#cut('reads too slowly'),
    });
    this.#listen();
  }

  greet(): void {
    this.reply({
      type: 'connected',
      client_id: this.id,
      user: this.user,
      server_time: new Date().toISOString(),
      heartbeat_interval: HEARTBEAT_INTERVAL_SEC,
      heartbeat_timeout: HEARTBEAT_TIMEOUT_SEC,
      token_expires_at: new Date(this.#expiresAt).toISOString(),
      topics: TOPICS,
    });
  }

  /** @param frame the serialised message, shared by all subscribers */
  sendData(topic: Topic, frame: Buffer): void {
    if (this.#isOpen) this.#outbox.sendData(topic, frame);
  }

  reply(message: ServerMessage): void {
    if (this.#isOpen) this.#outbox.sendReply(message);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** The hub calls this each second: ends what has expired or died, and pings what is due. */
  tick(now: number, sessionKey = this.#sessionKey): void {
    if (!this.#isOpen) return;
    if (now >= this.#expiresAt) this.close(CLOSE.tokenExpired, 'token expired: log in again');
    else if (sessionKey !== this.#sessionKey)
      this.close(CLOSE.tokenExpired, 'password changed: log in again');
    else if (now - this.#lastHeard > HEARTBEAT_TIMEOUT_SEC * 1000) {
      this.#cut(`nothing heard for ${HEARTBEAT_TIMEOUT_SEC} s`);
    } else if (now >= this.#nextPing) this.#ping(now);
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  #ping(now: number): void {
    this.#nextPing = now + HEARTBEAT_INTERVAL_SEC * 1000;
    this.reply({ type: 'ping' });
    // A passive client (curl, websocat) answers only the protocol's own ping.
    if (this.#isOpen) this.#socket.ping();
  }

  #listen(): void {
    this.#socket.on('message', (data: Buffer, isBinary) => {
      this.#hub.counters.received++;
      if (this.#admit()) this.#receive(data, isBinary);
    });
    this.#socket.on('ping', (data) => {
      if (this.#admit()) this.#socket.pong(data);
    });
    this.#socket.on('pong', () => {
      this.#lastHeard = Date.now();
    });
    this.#socket.on('close', (code, reason) => {
      this.#hub.remove(this, code, reason.toString() || this.#cutReason || 'no reason given');
    });
  }

  /** Counts a message or ping towards the rate limit, and tells whether it may be answered. */
  #admit(): boolean {
    this.#lastHeard = Date.now();
    const verdict = this.#rate.count(this.#lastHeard);
    if (verdict === 'limited') {
      this.reply({ type: 'error', code: 'rate_limited', text: 'more than 100 messages in a minute' });
    } else if (verdict === 'abusive') {
      this.close(CLOSE.policy, 'rate limit ignored');
    }
    return verdict === 'ok' && this.#isOpen;
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (data.length > MAX_MESSAGE_BYTES) {
      this.reply({ type: 'error', code: 'too_large', text: `a message may have ${MAX_MESSAGE_BYTES} bytes` });
      this.close(CLOSE.tooLarge, 'message too large');
      return;
    }
    try {
      if (isBinary) throw new ProtocolError('bad_json', 'a message should be JSON text, not binary');
      this.#handle(parseClientMessage(data.toString()));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.reply({ type: 'error', code: error.code, text: error.message });
    }
  }

  #handle(message: ClientMessage): void {
    if (message.type === 'subscribe') this.#subscribe(message.topic);
    else if (message.type === 'unsubscribe') this.#unsubscribe(message.topic);
    // A pong asks for nothing: that it came has been noted.
    else if (message.type === 'ping') this.reply({ ...message, type: 'pong' });
  }

  #subscribe(topic: Topic): void {
    this.topics.add(topic);
    this.reply({ type: 'subscribed', topic });
    const current = this.#hub.latest(topic);
    if (current) this.sendData(topic, current);
  }

  #unsubscribe(topic: Topic): void {
    this.topics.delete(topic);
    this.#outbox.forget(topic);
    this.reply({ type: 'unsubscribed', topic });
  }

  #cut(reason: string): void {
    this.#cutReason = reason;
    this.#socket.terminate();
  }
}
