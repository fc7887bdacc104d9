import { once } from 'node:events';
import WebSocket, { type ClientOptions } from 'ws';
import type { Backend } from './backend.ts';

export type Message = Record<string, unknown> & { type: string };

/** A WebSocket client that remembers all messages, so that a test may ask for one that came before it looked. */
export class TestClient {
  readonly socket: WebSocket;
  readonly messages: Message[] = [];
  /** Resolves with the code and reason once the socket is closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  #wake: (() => void)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.messages.push(JSON.parse(data.toString()));
      for (const wake of this.#wake.splice(0)) wake();
    });
    socket.on('error', () => {});
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  }

  static async connect(
    backend: Backend,
    token = backend.token(),
    options: ClientOptions = {},
  ): Promise<TestClient> {
    const client = new TestClient(new WebSocket(webSocketUrl(backend, token), options));
    await once(client.socket, 'open');
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The first message, past or future, that has these fields. */
  async find(fields: Record<string, unknown>, timeoutMs = 5_000): Promise<Message> {
    const matches = (message: Message) =>
      Object.entries(fields).every(([key, value]) => message[key] === value);
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const message = this.messages.find(matches);
      if (message) return message;
      if (deadline.aborted)
        throw new Error(`no ${JSON.stringify(fields)} in ${JSON.stringify(this.messages)}`);
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}

export function webSocketUrl(backend: Backend, token: string | undefined): string {
  const query = token === undefined ? '' : `?token=${token}`;
  return `ws://127.0.0.1:${backend.port}/api/v1/ws${query}`;
}

/** Tries to connect, and gives what the server answered instead of 101 (or 101 itself). */
export async function handshakeStatus(
  url: string,
  options: ClientOptions = {},
): Promise<{ status: number; body: string }> {
  const socket = new WebSocket(url, options);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      socket.terminate();
      resolve({ status: 101, body: '' });
    });
    socket.on('unexpected-response', async (_request, response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, body });
    });
  });
}
