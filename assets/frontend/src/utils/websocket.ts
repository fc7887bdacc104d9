import { backoffDelay } from './backoff.ts';
import { CLOSE_TOKEN_EXPIRED, type ClientMessage, type ServerMessage, type Topic } from './protocol.ts';

export type ConnectionState = 'disconnected' | 'connecting' | 'connected' | 'reconnecting' | 'unauthorized';

export interface WebSocketClientOptions {
  readonly url: string;
  /** Asked when a connection was refused: a browser does not tell a 403 from a server that is away. */
  readonly isTokenValid: () => Promise<boolean>;
  readonly onState: (state: ConnectionState) => void;
  readonly onMessage: (message: ServerMessage) => void;
  readonly onSent?: () => void;
  readonly onRoundTrip?: (milliseconds: number) => void;
}

const CLOSE_LOGOUT = 1000;
const CLOSE_NO_ANSWER = 4000;
const PING_INTERVAL_MS = 10_000;
/** With no message for this long the connection is dead, whatever the browser still thinks of it. */
const SILENCE_LIMIT_MS = 30_000;

/** The address of the API's WebSocket, from the page's own: works through any port, tunnel or TLS proxy. */
export function webSocketUrl(token: string, page: Pick<Location, 'protocol' | 'host'> = location): string {
  const scheme = page.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${page.host}/api/v1/ws?token=${encodeURIComponent(token)}`;
}

/** One lasting connection: reconnects with backoff, subscribes again, measures round trips. */
export class WebSocketClient {
  private readonly topics = new Set<Topic>();
  private socket: WebSocket | undefined;
  private state: ConnectionState = 'disconnected';
  private attempt = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private lastMessageAt = 0;
  private ping = { id: 0, sentAt: 0 };

  private readonly options: WebSocketClientOptions;

  constructor(options: WebSocketClientOptions) {
    this.options = options;
  }

  connect(): void {
    this.setState('connecting');
    this.open();
  }

  disconnect(): void {
    this.topics.clear();
    this.drop(CLOSE_LOGOUT, 'logout');
    this.setState('disconnected');
  }

  subscribe(topic: Topic): void {
    this.topics.add(topic);
    this.send({ type: 'subscribe', topic });
  }

  unsubscribe(topic: Topic): void {
    this.topics.delete(topic);
    this.send({ type: 'unsubscribe', topic });
  }

  /** Ends the pause before the next attempt: the network is back, or the user looks at the page again. */
  retryNow(): void {
    if (this.retryTimer === undefined) return;
    this.attempt = 0;
    this.open();
  }

  private open(): void {
    this.drop();
    const socket = new WebSocket(this.options.url);
    this.socket = socket;
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.opened();
    };
    socket.onmessage = (event: MessageEvent<string>) => this.received(event.data);
    socket.onclose = (event) => void this.lost(event.code, wasOpen);
  }

  private opened(): void {
    this.lastMessageAt = Date.now();
    this.setState('connected');
    for (const topic of this.topics) this.send({ type: 'subscribe', topic });
    this.sendPing();
    this.pingTimer = setInterval(() => this.checkAlive(), PING_INTERVAL_MS);
  }

  private received(text: string): void {
    this.lastMessageAt = Date.now();
    const message = JSON.parse(text) as ServerMessage;
    // Not in `opened`: a server that accepts and closes at once must not be asked every second for ever.
    this.attempt = 0;
    if (message.type === 'ping') this.send({ ...message, type: 'pong' });
    if (message.type === 'pong' && message.id === this.ping.id) {
      this.options.onRoundTrip?.(performance.now() - this.ping.sentAt);
    }
    this.options.onMessage(message);
  }

  private checkAlive(): void {
    if (Date.now() - this.lastMessageAt < SILENCE_LIMIT_MS) {
      this.sendPing();
      return;
    }
    this.drop(CLOSE_NO_ANSWER, 'no answer');
    this.retryLater();
  }

  private async lost(code: number, wasOpen: boolean): Promise<void> {
    this.drop();
    this.setState('reconnecting');
    const goodToken = code !== CLOSE_TOKEN_EXPIRED && (wasOpen || (await this.options.isTokenValid()));
    // While the answer was out, the user may have logged out.
    if (this.state !== 'reconnecting') return;
    if (goodToken) this.retryLater();
    else this.setState('unauthorized');
  }

  private retryLater(): void {
    this.setState('reconnecting');
    this.retryTimer = setTimeout(() => this.open(), backoffDelay(this.attempt));
    this.attempt += 1;
  }

  private sendPing(): void {
    this.ping = { id: this.ping.id + 1, sentAt: performance.now() };
    this.send({ type: 'ping', id: this.ping.id });
  }

  /** What cannot be sent now is not queued: subscriptions are sent again when the connection opens. */
  private send(message: ClientMessage): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify(message));
    this.options.onSent?.();
  }

  /** Lets go of the socket and of every timer; its late events are heard no more. */
  private drop(code?: number, reason?: string): void {
    clearTimeout(this.retryTimer);
    clearInterval(this.pingTimer);
    this.retryTimer = undefined;
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close(code, reason);
    this.socket = undefined;
  }

  private setState(state: ConnectionState): void {
    if (this.state === state) return;
    this.state = state;
    this.options.onState(state);
  }
}
