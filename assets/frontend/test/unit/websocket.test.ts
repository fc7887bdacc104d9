import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_DELAY_MS } from '../../src/utils/backoff.ts';
import type { ServerMessage } from '../../src/utils/protocol.ts';
import { type ConnectionState, WebSocketClient, webSocketUrl } from '../../src/utils/websocket.ts';
import { FakeSocket } from './fake-socket.ts';

let states: ConnectionState[];
let messages: ServerMessage[];
const isTokenValid = vi.fn<() => Promise<boolean>>();
const onRoundTrip = vi.fn();

function connect(): WebSocketClient {
  const client = new WebSocketClient({
    url: 'ws://localhost/api/v1/ws?token=t',
    isTokenValid,
    onState: (state) => states.push(state),
    onMessage: (message) => messages.push(message),
    onRoundTrip,
  });
  client.connect();
  return client;
}

const subscriptions = (socket: FakeSocket) =>
  socket.sent.filter((message) => (message as { type: string }).type === 'subscribe');

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.install();
  states = [];
  messages = [];
  isTokenValid.mockReset().mockResolvedValue(true);
  onRoundTrip.mockReset();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('webSocketUrl', () => {
  it("follows the page's own scheme, host and port", () => {
    expect(webSocketUrl('a+b', { protocol: 'http:', host: '203.0.113.7:60001' })).toBe(
      'ws://203.0.113.7:60001/api/v1/ws?token=a%2Bb',
    );
    expect(webSocketUrl('t', { protocol: 'https:', host: 'example.org' })).toBe(
      'wss://example.org/api/v1/ws?token=t',
    );
  });
});

describe('WebSocketClient', () => {
  it('sends the subscriptions asked for before the connection was open', () => {
    const client = connect();
    client.subscribe('signals');
    FakeSocket.last.accept();
    expect(subscriptions(FakeSocket.last)).toEqual([{ type: 'subscribe', topic: 'signals' }]);
    expect(states).toEqual(['connecting', 'connected']);
  });

  it('reconnects after a restart of the server and subscribes again, but not to what was given up', async () => {
    const client = connect();
    FakeSocket.last.accept();
    client.subscribe('monitoring');
    client.subscribe('capacity');
    client.unsubscribe('capacity');
    FakeSocket.last.end(1012);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(FakeSocket.all).toHaveLength(2);
    FakeSocket.last.accept();
    expect(subscriptions(FakeSocket.last)).toEqual([{ type: 'subscribe', topic: 'monitoring' }]);
    expect(states).toEqual(['connecting', 'connected', 'reconnecting', 'connected']);
    expect(isTokenValid).not.toHaveBeenCalled();
  });

  it('waits longer after each refusal, and never longer than the cap', async () => {
    connect();
    const started: number[] = [Date.now()];
    while (started.length < 12) {
      FakeSocket.last.end(1006);
      const count = FakeSocket.all.length;
      while (FakeSocket.all.length === count) await vi.advanceTimersByTimeAsync(100);
      started.push(Date.now());
    }
    const pauses = started.slice(1).map((at, index) => at - (started[index] ?? 0));
    expect(pauses[0]).toBeLessThanOrEqual(1_100);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(MAX_DELAY_MS / 2);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(MAX_DELAY_MS + 100);
  });

  it('does not go back to short pauses for a server that accepts and hangs up without a word', async () => {
    connect();
    for (let round = 0; round < 8; round++) {
      FakeSocket.last.readyState = FakeSocket.OPEN;
      FakeSocket.last.onopen?.();
      FakeSocket.last.end(1011);
      await vi.advanceTimersByTimeAsync(MAX_DELAY_MS);
    }
    FakeSocket.last.end(1006);
    const count = FakeSocket.all.length;
    await vi.advanceTimersByTimeAsync(MAX_DELAY_MS / 2 - 100);
    expect(FakeSocket.all).toHaveLength(count);
  });

  it('ends without another attempt when the token has expired', async () => {
    connect();
    FakeSocket.last.accept();
    FakeSocket.last.end(4401);
    await vi.advanceTimersByTimeAsync(10 * MAX_DELAY_MS);
    expect(states.at(-1)).toBe('unauthorized');
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('ends without another attempt when the upgrade is refused and the API refuses the token too', async () => {
    isTokenValid.mockResolvedValue(false);
    connect();
    FakeSocket.last.end(1006);
    await vi.advanceTimersByTimeAsync(10 * MAX_DELAY_MS);
    expect(states.at(-1)).toBe('unauthorized');
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('stays closed after a disconnect, also while an answer about the token is still out', async () => {
    const client = connect();
    FakeSocket.last.end(1006);
    client.disconnect();
    await vi.advanceTimersByTimeAsync(10 * MAX_DELAY_MS);
    expect(states.at(-1)).toBe('disconnected');
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('closes the socket on disconnect', () => {
    const client = connect();
    FakeSocket.last.accept();
    client.disconnect();
    expect(FakeSocket.last.close).toHaveBeenCalledWith(1000, 'logout');
  });

  it('tries at once when told that the network is back', async () => {
    const client = connect();
    FakeSocket.last.end(1006);
    await vi.advanceTimersByTimeAsync(0);
    client.retryNow();
    client.retryNow();
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('answers a ping and measures its own', async () => {
    connect();
    FakeSocket.last.accept();
    FakeSocket.last.say({ type: 'ping', id: 'h7' });
    expect(FakeSocket.last.sent).toEqual([
      { type: 'ping', id: 1 },
      { type: 'pong', id: 'h7' },
    ]);
    await vi.advanceTimersByTimeAsync(40);
    FakeSocket.last.say({ type: 'pong', id: 1 });
    expect(onRoundTrip).toHaveBeenCalledExactlyOnceWith(40);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(FakeSocket.last.sent.at(-1)).toEqual({ type: 'ping', id: 2 });
  });

  it('takes a silent connection for dead and opens a new one', async () => {
    connect();
    FakeSocket.last.accept();
    await vi.advanceTimersByTimeAsync(31_000);
    expect(FakeSocket.all[0]?.close).toHaveBeenCalledWith(4000, 'no answer');
    expect(FakeSocket.all).toHaveLength(2);
  });
});
