import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { fetchToken, get } from '../utils/api.ts';
import { TOPICS } from '../utils/protocol.ts';
import { useWebSocketStore } from './websocket.ts';

interface User {
  readonly username: string;
}

const TOKEN_KEY = 'token';
const SUBSCRIBE_DELAY_MS = 1_000;

/** Who is logged in; the live connection begins and ends with the login. */
export const useUserStore = defineStore('user', () => {
  const webSocket = useWebSocketStore();
  const token = ref(localStorage.getItem(TOKEN_KEY) ?? '');
  const user = ref<User | null>(null);
  /** The last session ended because its token ran out, not by a logout. */
  const expired = ref(false);
  const isLoggedIn = computed(() => token.value !== '');
  let subscribeTimer: ReturnType<typeof setTimeout> | undefined;

  function startSession(): void {
    expired.value = false;
    webSocket.connect(token.value);
    subscribeTimer = setTimeout(() => TOPICS.forEach(webSocket.subscribe), SUBSCRIBE_DELAY_MS);
    get<User>('/v1/auth/me', token.value).then(
      (me) => {
        user.value = me;
      },
      // A refused token is noticed by the WebSocket; without the name the page works just as well.
      () => {},
    );
  }

  /** @throws {ApiError} when the server refuses the login. */
  async function login(username: string, password: string): Promise<void> {
    const answer = await fetchToken(username, password);
    token.value = answer.access_token;
    localStorage.setItem(TOKEN_KEY, answer.access_token);
    startSession();
  }

  function logout(): void {
    clearTimeout(subscribeTimer);
    webSocket.disconnect();
    token.value = '';
    user.value = null;
    localStorage.removeItem(TOKEN_KEY);
  }

  /** Goes on with the token of an earlier visit, if there is one. */
  function restore(): void {
    if (isLoggedIn.value) startSession();
  }

  watch(
    () => webSocket.state,
    (state) => {
      if (state !== 'unauthorized') return;
      logout();
      expired.value = true;
    },
  );

  // Another tab logged out: so does this one.
  addEventListener('storage', (event) => {
    if (event.key === TOKEN_KEY && event.newValue === null) logout();
  });

  return { token, user, expired, isLoggedIn, login, logout, restore };
});
