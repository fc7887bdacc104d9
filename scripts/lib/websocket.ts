/** A WebSocket client's view of a deployment. */
import WebSocket from 'ws';

const HANDSHAKE_DEADLINE_MS = 10_000;
const CLOSE_DEADLINE_MS = 500;

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
  /** 101, or what came instead of an upgrade; undefined when there was no answer at all. */
  readonly status?: number | undefined;
  /** What the server's first message says of it: the interval of its heartbeat, and its clock. */
  readonly greeting?: { readonly heartbeatSec: number | undefined; readonly clockMs: number } | undefined;
}

/** The reference backend's greeting; undefined for any other message. */
function greetingOf(message: { type: string; heartbeat_interval?: number; server_time?: string }) {
  if (message.type !== 'connected') return undefined;
  return { heartbeatSec: message.heartbeat_interval, clockMs: Date.parse(message.server_time ?? '') };
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
    const socket = new WebSocket(url, { handshakeTimeout: Math.min(HANDSHAKE_DEADLINE_MS, deadlineMs) });
    const end = () => {
      socket.close();
      // A silent server does not answer the close frame either; `ws` would wait half a minute for it.
      setTimeout(() => socket.terminate(), CLOSE_DEADLINE_MS).unref();
      resolve({ topics: [...received], pongMs, error, status, greeting });
    };
    socket.on('unexpected-response', (request, response) => {
      status = response.statusCode;
      error = `status ${status}`;
      request.destroy();
      end();
    });
    socket.on('open', () => {
      status = 101;
      setTimeout(end, deadlineMs).unref();
      for (const topic of topics) socket.send(JSON.stringify({ type: 'subscribe', topic }));
      pingedMs = performance.now();
      socket.send(JSON.stringify({ type: 'ping' }));
    });
    socket.on('message', (data) => {
      const message = parsed(data.toString());
      greeting ??= greetingOf(message);
      if (message.type === 'data' && message.topic) received.add(message.topic);
      if (message.type === 'pong') pongMs ??= performance.now() - pingedMs;
      if (message.type === 'error') error = message.text ?? '';
      if (topics.every((topic) => received.has(topic)) && pongMs !== undefined) end();
    });
    socket.on('error', (problem) => {
      error = problem.message;
      end();
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
