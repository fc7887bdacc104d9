/** A WebSocket client's view of a deployment. */
import WebSocket from 'ws';
import { skewOf } from './clock.ts';
import { noAnswerWithin } from './http.ts';

const HANDSHAKE_DEADLINE_MS = 10_000;
const CLOSE_DEADLINE_MS = 500;
/** The words of `ws`. */
const HANDSHAKE_TIMED_OUT = 'Opening handshake has timed out';

/**
 * Asks for an upgrade, and closes at once.
 * @returns the status (101, 403, 502 …), or why there was none
 */
export function handshake(url: string): Promise<number | string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { handshakeTimeout: HANDSHAKE_DEADLINE_MS });
    socket.on('open', () => {
      resolve(101);
      socket.close();
    });
    socket.on('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.on('error', (error) => resolve(error.message));
  });
}

/** What a short conversation over a WebSocket gave. */
export interface ProbeResult {
  /** Topics that data came for, in time. */
  readonly topics: readonly string[];
  /** Round trip of a ping, in ms; undefined when none was answered. */
  readonly pongMs: number | undefined;
  readonly error: string;
  /** Whether the deadline ended it, rather than that all had come. @default false */
  readonly timedOut?: boolean;
  /** 101, or what came instead of an upgrade; undefined when there was no answer at all. */
  readonly status?: number | undefined;
  /** What the server's first message says of it. */
  readonly greeting?: Greeting | undefined;
}

interface Greeting {
  /** The interval of its heartbeat. */
  readonly heartbeatSec: number | undefined;
  /** How far its clock is ahead of this host's. */
  readonly skewMs: number | undefined;
}

interface FirstMessage {
  readonly type: string;
  readonly heartbeat_interval?: number;
  readonly server_time?: string;
}

/** The reference backend's greeting; undefined for any other message. */
function greetingOf(message: FirstMessage, askedMs: number): Greeting | undefined {
  if (message.type !== 'connected') return undefined;
  const clockMs = Date.parse(message.server_time ?? '');
  return { heartbeatSec: message.heartbeat_interval, skewMs: skewOf(clockMs, askedMs, Date.now()) };
}

function parsed(text: string): { type: string; topic?: string; text?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return { type: 'unknown' };
  }
}

/**
 * Subscribes topics, sends a ping, and listens until all has come or the deadline is over.
 * @param deadlineMs from the connection's opening
 */
export function probeWebSocket(
  url: string,
  topics: readonly string[],
  deadlineMs: number,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const received = new Set<string>();
    let pongMs: number | undefined;
    let pingedMs = 0;
    let error = '';
    let status: number | undefined;
    let greeting: ProbeResult['greeting'];
    const askedMs = Date.now();
    const handshakeTimeout = Math.min(HANDSHAKE_DEADLINE_MS, deadlineMs);
    const socket = new WebSocket(url, { handshakeTimeout });
    const end = (timedOut = false) => {
      socket.close();
      // A silent server does not answer the close frame either; `ws` would wait half a minute for it.
      setTimeout(() => socket.terminate(), CLOSE_DEADLINE_MS).unref();
      resolve({ topics: [...received], pongMs, error, timedOut, status, greeting });
    };
    socket.on('unexpected-response', (request, response) => {
      status = response.statusCode;
      error = `status ${status}`;
      request.destroy();
      end();
    });
    socket.on('open', () => {
      status = 101;
      setTimeout(() => end(true), deadlineMs).unref();
      for (const topic of topics) socket.send(JSON.stringify({ type: 'subscribe', topic }));
      pingedMs = performance.now();
      socket.send(JSON.stringify({ type: 'ping' }));
    });
    socket.on('message', (data) => {
      const message = parsed(data.toString());
      greeting ??= greetingOf(message, askedMs);
      if (message.type === 'data' && message.topic) received.add(message.topic);
      if (message.type === 'pong') pongMs ??= performance.now() - pingedMs;
      if (message.type === 'error') error = message.text ?? '';
      if (topics.every((topic) => received.has(topic)) && pongMs !== undefined) end();
    });
    socket.on('error', ({ message }) => {
      const timedOut = message === HANDSHAKE_TIMED_OUT;
      error = timedOut ? noAnswerWithin(handshakeTimeout) : message;
      end(timedOut);
    });
  });
}

/** How a connection went that was kept open. */
export interface SoakResult {
  readonly openMs: number;
  readonly messages: number;
  readonly longestSilenceMs: number;
  /** Why it closed before its time. */
  readonly reason: string;
}

/** Subscribes topics and keeps the connection open until the other end closes it or the time is over. */
export function soak(url: string, topics: readonly string[], durationMs: number): Promise<SoakResult> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { handshakeTimeout: HANDSHAKE_DEADLINE_MS });
    let openedMs = performance.now();
    let lastMs = openedMs;
    let longestSilenceMs = 0;
    let messages = 0;
    let reason = '';
    let timer: NodeJS.Timeout | undefined;
    const noteSilence = () => {
      longestSilenceMs = Math.max(longestSilenceMs, performance.now() - lastMs);
      lastMs = performance.now();
    };
    socket.on('open', () => {
      openedMs = performance.now();
      lastMs = openedMs;
      timer = setTimeout(() => socket.close(1000), durationMs);
      for (const topic of topics) socket.send(JSON.stringify({ type: 'subscribe', topic }));
    });
    socket.on('message', () => {
      messages += 1;
      noteSilence();
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', (code, text) => {
      clearTimeout(timer);
      noteSilence();
      resolve({
        openMs: performance.now() - openedMs,
        messages,
        longestSilenceMs,
        reason: reason || `${code} ${text}`,
      });
    });
  });
}
