import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import { useUserStore } from '../../src/stores/user.ts';
import { useWebSocketStore } from '../../src/stores/websocket.ts';
import { FakeSocket } from './fake-socket.ts';
import { stubBrowser } from './stub-browser.ts';

let storage: Map<string, string>;
const fetch = vi.fn<(url: string, init: RequestInit) => Promise<Response>>();

function answer(body: unknown, status = 200): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(body), { status }));
}

async function login() {
  const user = useUserStore();
  await user.login('admin', 'correct horse');
  FakeSocket.last.accept();
  return user;
}

beforeEach(() => {
  vi.useFakeTimers();
  storage = stubBrowser();
  vi.stubGlobal('fetch', fetch);
  fetch
    .mockReset()
    .mockImplementation((url) =>
      url.endsWith('/token')
        ? answer({ access_token: 'jwt', token_type: 'bearer', expires_in: 86_400 })
        : answer({ username: 'admin' }),
    );
  setActivePinia(createPinia());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('logs in, keeps the token, connects, and subscribes the four topics after a second', async () => {
  const user = await login();
  const [url, init] = fetch.mock.calls[0] ?? [];
  expect(url).toBe('/api/v1/auth/token');
  expect(String(init?.body)).toBe('grant_type=password&username=admin&password=correct+horse');
  expect(storage.get('token')).toBe('jwt');
  expect(user.isLoggedIn).toBe(true);
  expect(FakeSocket.last.url).toBe('ws://localhost:8501/api/v1/ws?token=jwt');

  await vi.advanceTimersByTimeAsync(900);
  expect(FakeSocket.last.sent).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(FakeSocket.last.sent.slice(1)).toEqual([
    { type: 'subscribe', topic: 'monitoring' },
    { type: 'subscribe', topic: 'strategies' },
    { type: 'subscribe', topic: 'signals' },
    { type: 'subscribe', topic: 'capacity' },
  ]);
});

it('fails when the password is wrong, and opens nothing', async () => {
  fetch.mockImplementation(() => answer({}, 401));
  const user = useUserStore();
  await expect(user.login('admin', 'wrong')).rejects.toMatchObject({ status: 401 });
  expect(user.isLoggedIn).toBe(false);
  expect(FakeSocket.all).toHaveLength(0);
});

it('closes the socket on logout, then forgets the token', async () => {
  const user = await login();
  FakeSocket.last.close.mockImplementation(() => expect(storage.get('token')).toBe('jwt'));
  user.logout();
  expect(FakeSocket.last.close).toHaveBeenCalledOnce();
  expect(storage.has('token')).toBe(false);
  expect(user.isLoggedIn).toBe(false);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(FakeSocket.all).toHaveLength(1);
});

it('logs out, and says why, when the token has expired', async () => {
  const user = await login();
  FakeSocket.last.end(4401);
  await nextTick();
  expect(user.isLoggedIn).toBe(false);
  expect(user.expired).toBe(true);
  expect(storage.has('token')).toBe(false);
});

it('connects again with the token of an earlier visit', () => {
  storage.set('token', 'kept');
  useUserStore().restore();
  expect(FakeSocket.last.url).toContain('token=kept');
});

it('counts messages and reconnects, and hands data to its readers', async () => {
  await login();
  const webSocket = useWebSocketStore();
  const onData = vi.fn();
  webSocket.onData(onData);
  const data = { type: 'data', topic: 'signals', seq: 1, timestamp: '', source: 'simulated', payload: {} };
  FakeSocket.last.say(data);
  FakeSocket.last.say({ type: 'subscribed', topic: 'signals' });
  expect(onData).toHaveBeenCalledExactlyOnceWith(data);
  expect(webSocket.messagesIn).toBe(3);
  expect([...webSocket.subscribed]).toEqual(['signals']);

  FakeSocket.last.end(1012);
  expect(webSocket.state).toBe('reconnecting');
  await vi.advanceTimersByTimeAsync(1_000);
  FakeSocket.last.accept();
  expect(webSocket.reconnects).toBe(1);
});
