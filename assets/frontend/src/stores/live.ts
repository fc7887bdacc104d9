import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import { get } from '../utils/api.ts';
import { appendSample, mergeCandles, mergeSignals, type Sample } from '../utils/history.ts';
import type { Candle, Capacity, DataMessage, Market, Monitoring, Signal, Source } from '../utils/protocol.ts';
import { useUserStore } from './user.ts';
import { useWebSocketStore } from './websocket.ts';

/** What the dashboard shows: history from the API, kept up to date by the live connection. */
export const useLiveStore = defineStore('live', () => {
  const webSocket = useWebSocketStore();
  const user = useUserStore();

  const closedCandles = shallowRef<readonly Candle[]>([]);
  const market = shallowRef<Market>();
  const priceSource = shallowRef<Source>();
  /** Newest first. */
  const signals = shallowRef<readonly Signal[]>([]);
  const monitoring = shallowRef<readonly Sample<Monitoring>[]>([]);
  const capacity = shallowRef<readonly Sample<Capacity>[]>([]);

  const candles = computed(() => mergeCandles(closedCandles.value, market.value?.candle ?? []));

  /** Fills what was missed: at the start, after a reconnect, and the final figures of a candle that closed. */
  async function fetchCandles(): Promise<void> {
    const since = closedCandles.value.at(-1)?.time ?? 0;
    const answer = await fetchOrSkip<{ candles: Candle[] }>(`/v1/candles?since=${since}&limit=240`);
    if (answer) closedCandles.value = mergeCandles(closedCandles.value, answer.candles);
  }

  async function fetchSignals(): Promise<void> {
    const answer = await fetchOrSkip<{ signals: Signal[] }>('/v1/signals?limit=100');
    if (answer) signals.value = mergeSignals(signals.value, answer.signals);
  }

  /** A failed request is made good by the next one; that the server is away, the connection state says. */
  async function fetchOrSkip<T>(path: string): Promise<T | undefined> {
    try {
      return await get<T>(path, user.token);
    } catch {
      return undefined;
    }
  }

  function receive(message: DataMessage): void {
    const time = Date.parse(message.timestamp);
    switch (message.topic) {
      case 'monitoring':
        monitoring.value = appendSample(monitoring.value, { time, ...message.payload });
        break;
      case 'capacity':
        capacity.value = appendSample(capacity.value, { time, ...message.payload });
        break;
      case 'signals':
        signals.value = mergeSignals(signals.value, message.payload.signals);
        break;
      case 'strategies': {
        const before = market.value?.candle?.time;
        market.value = message.payload;
        priceSource.value = message.source;
        if (before !== undefined && message.payload.candle?.time !== before) void fetchCandles();
      }
    }
  }

  function clear(): void {
    closedCandles.value = signals.value = monitoring.value = capacity.value = [];
    market.value = priceSource.value = undefined;
  }

  webSocket.onData(receive);
  watch(
    () => webSocket.state,
    (state) => {
      if (state !== 'connected') return;
      void fetchCandles();
      void fetchSignals();
    },
    { immediate: true },
  );
  watch(
    () => user.isLoggedIn,
    (isLoggedIn) => {
      if (!isLoggedIn) clear();
    },
  );

  return { candles, market, priceSource, signals, monitoring, capacity };
});
