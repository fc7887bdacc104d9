/**
 * What the reference application offers, as far as scripts ask for it. An application of the user's own may offer
 * something else. A unit test compares the topics and paths with the application's own.
 */

export const TOKEN_PATH = '/api/v1/auth/token';
export const WS_PATH = '/api/v1/ws';
/** Counters of the open WebSockets. */
export const STATS_PATH = '/api/v1/ws/stats';

/** What a WebSocket subscribes to. */
export const TOPICS: readonly string[] = ['monitoring', 'strategies', 'signals', 'capacity'];

/** Address of a WebSocket. @param base @example 'http://127.0.0.1:8501' */
export const webSocketUrl = (base: string, token: string): string =>
  `${base.replace(/^http/, 'ws')}${WS_PATH}?token=${encodeURIComponent(token)}`;
