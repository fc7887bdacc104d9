/** Opens a WebSocket as a profile describes it. */
import WebSocket from 'ws';
import { asText, filled, type WebSocketProfile } from './app-profile.ts';
import { connectionOptions } from './dial.ts';

export const HANDSHAKE_DEADLINE_MS = 10_000;

/** Where a WebSocket is opened, and with what. */
export interface Target {
  /** @example 'http://127.0.0.1:8501' */
  readonly base: string;
  readonly profile: WebSocketProfile;
  /** @default - none */
  readonly token?: string | undefined;
}

function open({ base, profile, token = '' }: Target, handshakeTimeout: number): WebSocket {
  const { path, token: transport } = profile;
  const url = `${base.replace(/^http/, 'ws')}${path}`;
  const options = { handshakeTimeout, ...connectionOptions(url) };
  if (!transport) return new WebSocket(url, options);
  if ('query' in transport) {
    const separator = path.includes('?') ? '&' : '?';
    return new WebSocket(`${url}${separator}${transport.query}=${encodeURIComponent(token)}`, options);
  }
  if ('header' in transport) {
    const isBearer = transport.header.toLowerCase() === 'authorization';
    return new WebSocket(url, {
      ...options,
      headers: { [transport.header]: isBearer ? `Bearer ${token}` : token },
    });
  }
  if ('subprotocol' in transport) {
    const protocols = transport.subprotocol.map((protocol) => asText(filled(protocol, { token })));
    return new WebSocket(url, protocols, options);
  }
  const socket = new WebSocket(url, options);
  socket.once('open', () => socket.send(asText(filled(transport.message, { token }))));
  return socket;
}

/**
 * @param fail gets the reason where nothing is opened, as a token with a line break in a header cannot be sent
 * @param handshakeTimeout ms. @default 10_000
 */
export function openWebSocket(
  target: Target,
  fail: (reason: string) => void,
  handshakeTimeout = HANDSHAKE_DEADLINE_MS,
): WebSocket | undefined {
  try {
    return open(target, handshakeTimeout);
  } catch (error) {
    fail((error as Error).message);
    return undefined;
  }
}
