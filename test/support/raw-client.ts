/** Requests of which a test decides when each byte is sent. */
import { connect, type Socket } from 'node:net';

const opened = new Set<RawClient>();
/** Those that were opened in this test. */
export const rawClients: ReadonlySet<RawClient> = opened;

/** Closes all that were opened, as after each test. */
export function closeRawClients(): void {
  for (const client of opened) client.close();
  opened.clear();
}

/** A connection, and what has come over it. */
export class RawClient {
  readonly socket: Socket;
  /** Settles when the other end has closed, with the time that it was open. */
  readonly closed: Promise<number>;
  received = '';

  /** @param from address of this host that the connection comes from */
  constructor(url: string, text: string, from = '127.0.0.1') {
    const { hostname, port } = new URL(url);
    const startedMs = Date.now();
    this.socket = connect({ host: hostname, port: Number(port), localAddress: from });
    this.socket.on('data', (data) => {
      this.received += data.toString('latin1');
    });
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => this.socket.on('close', () => resolve(Date.now() - startedMs)));
    this.socket.write(text);
    opened.add(this);
  }

  /** Undefined as long as there is no answer. */
  get status(): number | undefined {
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(this.received) ?? [];
    return status === undefined ? undefined : Number(status);
  }

  get isOpen(): boolean {
    return !this.socket.destroyed && !this.socket.readableEnded;
  }

  close(): void {
    this.socket.destroy();
  }
}

export const webSocketRequest = (token: string): string =>
  [
    `GET /api/v1/ws?token=${token} HTTP/1.1`,
    ...['Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    `Sec-WebSocket-Key: ${Buffer.from('0123456789abcdef').toString('base64')}\r\n\r\n`,
  ].join('\r\n');

/** A pong that nobody asked for: the other end hears of the client. */
export const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/** The head of a request whose body follows. */
export const postRequest = (length: number): string =>
  [
    'POST /api/v1/auth/token HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/octet-stream',
    `Content-Length: ${length}\r\n\r\n`,
  ].join('\r\n');

/** A body of which a byte comes now and then. @returns what ends it */
export function drip({ socket }: RawClient, everyMs: number): () => void {
  const timer = setInterval(() => socket.writable && socket.write('x'), everyMs);
  const stop = () => clearInterval(timer);
  socket.on('close', stop);
  return stop;
}

/** How often each status was answered; `open` without one, `closed` where the other end has closed without one. */
export function tally(clients: readonly RawClient[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const client of clients) {
    const outcome = client.status ?? (client.isOpen ? 'open' : 'closed');
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}
