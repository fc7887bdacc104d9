/** The messages of `/api/v1/ws`, as the backend sends and takes them. */

export const TOPICS = ['monitoring', 'strategies', 'signals', 'capacity'] as const;
export type Topic = (typeof TOPICS)[number];

interface Data<T extends Topic, Payload> {
  readonly type: 'data';
  readonly topic: T;
  /** Grows by one with each message of the topic. */
  readonly seq: number;
  readonly timestamp: string;
  readonly source: Source;
  readonly payload: Payload;
}

/** Where a payload's numbers come from: the backend's machine, a seeded random walk, or a real exchange. */
export type Source = 'measured' | 'simulated' | 'exchange';

export type DataMessage =
  | Data<'monitoring', Monitoring>
  | Data<'strategies', Market>
  | Data<'signals', { readonly signals: readonly Signal[] }>
  | Data<'capacity', Capacity>;

export type ServerMessage =
  | DataMessage
  | { readonly type: 'connected'; readonly client_id: string; readonly token_expires_at: string }
  | { readonly type: 'subscribed' | 'unsubscribed'; readonly topic: Topic }
  | { readonly type: 'ping' | 'pong'; readonly id?: string | number }
  | { readonly type: 'error'; readonly code: string; readonly text: string };

export type ClientMessage =
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly topic: Topic }
  | { readonly type: 'ping' | 'pong'; readonly id?: string | number };

/** The server's close code for a token that ran out while the connection was open. */
export const CLOSE_TOKEN_EXPIRED = 4401;

export interface Candle {
  /** Start of the interval, in Unix milliseconds, as are all times below. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface Signal {
  readonly id: number;
  readonly time: number;
  readonly strategy: string;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly reason: string;
}

export interface Strategy {
  readonly id: string;
  readonly name: string;
  readonly params: Readonly<Record<string, number>>;
  readonly state: string;
  readonly indicators: Readonly<Record<string, number | null>>;
  /** How many signals it has given. */
  readonly signals: number;
  readonly last_signal: Signal | null;
}

export interface Market {
  readonly symbol: string;
  readonly price: number | null;
  /** The candle that is still open. */
  readonly candle: Candle | null;
  /** Why no prices come, or null while they do. */
  readonly feed_problem: string | null;
  readonly strategies: readonly Strategy[];
}

export interface Share {
  readonly used_bytes: number;
  readonly total_bytes: number;
  readonly percent: number;
}

export interface Monitoring {
  readonly cpu: { readonly percent: number; readonly cores: number };
  readonly memory: Share;
  readonly disk: Share;
  /** Over 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  readonly event_loop_delay_ms: { readonly p99: number };
  readonly process: { readonly rss_bytes: number; readonly uptime_seconds: number };
  readonly connections: number;
}

export interface Capacity {
  readonly connections: { readonly used: number; readonly max: number; readonly percent: number };
  readonly memory: Share;
  readonly disk: Share;
  readonly database_bytes: number;
  /** How many more clients fit, and what runs out first. */
  readonly headroom: { readonly connections: number; readonly limited_by: string };
}
