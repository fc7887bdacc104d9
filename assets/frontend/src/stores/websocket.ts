import { defineStore } from 'pinia';
import { ref } from 'vue';
import { isTokenValid } from '../utils/api.ts';
import type { DataMessage, ServerMessage, Topic } from '../utils/protocol.ts';
import { type ConnectionState, WebSocketClient, webSocketUrl } from '../utils/websocket.ts';

/** The live connection and what there is to know about it. */
export const useWebSocketStore = defineStore('websocket', () => {
  const state = ref<ConnectionState>('disconnected');
  const clientId = ref('');
  const tokenExpiresAt = ref<number>();
  const connectedAt = ref<number>();
  const roundTripMs = ref<number>();
  const messagesIn = ref(0);
  const messagesOut = ref(0);
  const reconnects = ref(0);
  const subscribed = ref(new Set<Topic>());
  const dataHandlers = new Set<(message: DataMessage) => void>();
  let client: WebSocketClient | undefined;

  function changeState(next: ConnectionState): void {
    if (next === 'connected') {
      if (state.value === 'reconnecting') reconnects.value += 1;
      connectedAt.value = Date.now();
    } else {
      connectedAt.value = undefined;
      roundTripMs.value = undefined;
      subscribed.value.clear();
    }
    state.value = next;
  }

  function receive(message: ServerMessage): void {
    messagesIn.value += 1;
    switch (message.type) {
      case 'connected':
        clientId.value = message.client_id;
        tokenExpiresAt.value = Date.parse(message.token_expires_at);
        break;
      case 'subscribed':
        subscribed.value.add(message.topic);
        break;
      case 'unsubscribed':
        subscribed.value.delete(message.topic);
        break;
      case 'data':
        for (const handle of dataHandlers) handle(message);
    }
  }

  function connect(token: string): void {
    client?.disconnect();
    messagesIn.value = messagesOut.value = reconnects.value = 0;
    client = new WebSocketClient({
      url: webSocketUrl(token),
      isTokenValid: () => isTokenValid(token),
      onState: changeState,
      onMessage: receive,
      onSent: () => {
        messagesOut.value += 1;
      },
      onRoundTrip: (milliseconds) => {
        roundTripMs.value = milliseconds;
      },
    });
    client.connect();
  }

  function disconnect(): void {
    client?.disconnect();
    client = undefined;
  }

  /** Calls `handler` with every `data` message from now on. */
  function onData(handler: (message: DataMessage) => void): void {
    dataHandlers.add(handler);
  }

  addEventListener('online', () => client?.retryNow());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') client?.retryNow();
  });

  return {
    state,
    clientId,
    tokenExpiresAt,
    connectedAt,
    roundTripMs,
    messagesIn,
    messagesOut,
    reconnects,
    subscribed,
    connect,
    disconnect,
    subscribe: (topic: Topic) => client?.subscribe(topic),
    unsubscribe: (topic: Topic) => client?.unsubscribe(topic),
    onData,
  };
});
