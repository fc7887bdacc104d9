/** A WebSocket client's view of a deployment: it speaks as a profile describes it. */
import type WebSocket from 'ws';
import { messages } from '../../messages/index.ts';
import { asText, DEFAULTS, filled, matched, type WebSocketProfile } from './app-profile.ts';
import { skewOf } from './clock.ts';
import { noAnswerWithin } from './http.ts';
import { HANDSHAKE_DEADLINE_MS, openWebSocket, type Target } from './open-websocket.ts';

const CLOSE_DEADLINE_MS = 500;
/** The words of `ws`. */
const HANDSHAKE_TIMED_OUT = 'Opening handshake has timed out';

/** Subscribes all topics, where the server does not send by itself. */
function subscribeTopics(socket: WebSocket, { subscribe, topics }: WebSocketProfile): void {
  if (subscribe === undefined) return;
  for (const { name } of topics) socket.send(asText(filled(subscribe, { topic: name })));
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The answer to a server's ping; undefined for any other message. `{"type": "ping"}` is one in every profile. */
function answerTo(message: Record<string, unknown>, { heartbeat }: WebSocketProfile): string | undefined {
  if (heartbeat.from === 'server') {
    const values = matched(heartbeat.message, message);
    if (values) return asText(filled(heartbeat.answer, values));
  }
  if (message.type !== DEFAULTS.ping.type) return undefined;
  return JSON.stringify({ ...DEFAULTS.pong, ...(message.id !== undefined && { id: message.id }) });
}

/** What an upgrade gave. */
export interface Handshake {
  /** 101, 403, 502 …, or why there was none. */
  readonly status: number | string;
  /** Why the server closed it right after the upgrade. @example '4401 token expired' @default - it did not */
  readonly closed?: string;
}

/**
 * Asks for an upgrade.
 * @param stayMs how long the server may take to close it again, as one does that checks the token after the upgrade
 */
export function handshake(target: Target, stayMs = 0): Promise<Handshake> {
  return new Promise((resolve) => {
    const socket = openWebSocket(target, (status) => resolve({ status }));
    if (!socket) return;
    socket.on('open', () => {
      setTimeout(() => {
        resolve({ status: 101 });
        socket.close();
      }, stayMs);
    });
    socket.on('close', (code, reason) => resolve({ status: 101, closed: `${code} ${reason}`.trim() }));
    socket.on('unexpected-response', (request, response) => {
      resolve({ status: response.statusCode ?? 0 });
      request.destroy();
    });
    socket.on('error', (error) => resolve({ status: error.message }));
  });
}

/** What a short conversation over a WebSocket gave. */
export interface ProbeResult {
  /** Topics that data came for. */
  readonly topics: readonly string[];
  /** After how long, by topic. */
  readonly arrivedMs?: Readonly<Record<string, number>>;
  /** Round trip of a ping, in ms; undefined when none was answered. */
  readonly pongMs: number | undefined;
  readonly error: string;
  /** Whether the server sent a ping, which was answered. @default false */
  readonly pinged?: boolean;
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

/** The reference backend's greeting; undefined for any other message. */
function greetingOf(message: Record<string, unknown>, askedMs: number): Greeting | undefined {
  const { type, heartbeat_interval: heartbeatSec, server_time: time } = message;
  if (type !== 'connected') return undefined;
  return {
    heartbeatSec: typeof heartbeatSec === 'number' ? heartbeatSec : undefined,
    skewMs: skewOf(Date.parse(String(time ?? '')), askedMs, Date.now()),
  };
}

/** The topic that a message is of; one that has no name in it is of the only topic there is. */
function topicOf(message: Record<string, unknown>, { data, topics }: WebSocketProfile): string | undefined {
  const values = matched(data, message);
  return values && (values.topic ?? (topics.length === 1 ? topics[0]?.name : undefined));
}

/** What a server says of an error, under the names that are usual for it. */
const errorIn = ({ text, message, detail, error }: Record<string, unknown>): string =>
  String(text ?? message ?? detail ?? error ?? '');

/**
 * Subscribes topics, sends a ping where that is the client's part, and listens until all that is expected has come or
 * the deadline is over.
 * @param deadlineMs from the connection's opening
 * @param expected topics that are waited for. @default - all that have a deadline
 * @param awaitsPing whether the server's ping is waited for, too
 */
export function probeWebSocket(
  target: Target,
  deadlineMs: number,
  expected: readonly string[] = topicsWithin(target.profile),
  awaitsPing = false,
): Promise<ProbeResult> {
  const { profile } = target;
  const { heartbeat } = profile;
  return new Promise((resolve) => {
    const arrivedMs: Record<string, number> = {};
    let openedMs = 0;
    let pongMs: number | undefined;
    let pinged = false;
    let error = '';
    let status: number | undefined;
    let greeting: ProbeResult['greeting'];
    const askedMs = Date.now();
    const handshakeTimeout = Math.min(HANDSHAKE_DEADLINE_MS, deadlineMs);
    const fail = (reason: string) => resolve({ topics: [], pongMs, error: reason });
    const socket = openWebSocket(target, fail, handshakeTimeout);
    if (!socket) return;
    const end = (timedOut = false) => {
      socket.close();
      // A silent server does not answer the close frame either; `ws` would wait half a minute for it.
      setTimeout(() => socket.terminate(), CLOSE_DEADLINE_MS).unref();
      const received = Object.keys(arrivedMs);
      resolve({ topics: received, arrivedMs, pongMs, pinged, error, timedOut, status, greeting });
    };
    const endWhenAllIsThere = () => {
      const isAlive = (heartbeat.from !== 'client' || pongMs !== undefined) && (pinged || !awaitsPing);
      if (isAlive && expected.every((topic) => topic in arrivedMs)) end();
    };
    socket.on('unexpected-response', (request, response) => {
      status = response.statusCode;
      error = messages.lib.http.status(response.statusCode ?? 0);
      request.destroy();
      end();
    });
    socket.on('open', () => {
      status = 101;
      openedMs = performance.now();
      setTimeout(() => end(true), deadlineMs).unref();
      subscribeTopics(socket, profile);
      if (heartbeat.from === 'client') socket.send(asText(heartbeat.message));
      endWhenAllIsThere();
    });
    socket.on('message', (data) => {
      const message = parsed(data.toString());
      greeting ??= greetingOf(message, askedMs);
      const sinceMs = performance.now() - openedMs;
      const topic = topicOf(message, profile);
      if (topic !== undefined) arrivedMs[topic] ??= sinceMs;
      if (heartbeat.from === 'client' && matched(heartbeat.answer, message)) pongMs ??= sinceMs;
      if (message.type === 'error') error = errorIn(message);
      const answer = answerTo(message, profile);
      if (answer !== undefined) {
        pinged = true;
        socket.send(answer);
      }
      endWhenAllIsThere();
    });
    socket.on('close', (code, reason) => {
      if (status === 101) error ||= messages.lib.webSocket.closed(`${code} ${reason}`.trim());
      end();
    });
    socket.on('error', ({ message }) => {
      const timedOut = message === HANDSHAKE_TIMED_OUT;
      error = timedOut ? noAnswerWithin(handshakeTimeout) : message;
      end(timedOut);
    });
  });
}

/** The topics that send something within a time. @param sec @default - at any time that can be told */
export const topicsWithin = ({ topics }: WebSocketProfile, sec = Number.POSITIVE_INFINITY): string[] =>
  topics.filter(({ deadlineSec }) => deadlineSec !== undefined && deadlineSec <= sec).map(({ name }) => name);

/** How a connection went that was kept open. */
export interface SoakResult {
  readonly openMs: number;
  readonly messages: number;
  readonly longestSilenceMs: number;
  /** Pings of the server's that were answered. */
  readonly pings: number;
  /** Why it closed before its time. */
  readonly reason: string;
}

/**
 * Subscribes topics and keeps the connection open until the other end closes it or the time is over; the server's pings
 * are answered meanwhile.
 * @param onMessage gets the number of messages with each of them
 */
export function soak(
  target: Target,
  durationMs: number,
  onMessage: (count: number) => void = () => {},
): Promise<SoakResult> {
  const { profile } = target;
  return new Promise((resolve) => {
    const nothing = { openMs: 0, messages: 0, longestSilenceMs: 0, pings: 0 };
    const socket = openWebSocket(target, (reason) => resolve({ ...nothing, reason }));
    if (!socket) return;
    let openedMs = performance.now();
    let lastMs = openedMs;
    let longestSilenceMs = 0;
    let messages = 0;
    let pings = 0;
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
      subscribeTopics(socket, profile);
    });
    socket.on('ping', () => {
      pings += 1;
    });
    socket.on('message', (data) => {
      messages += 1;
      onMessage(messages);
      noteSilence();
      const answer = answerTo(parsed(data.toString()), profile);
      if (answer === undefined) return;
      pings += 1;
      socket.send(answer);
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
        pings,
        longestSilenceMs,
        reason: reason || `${code} ${text}`,
      });
    });
  });
}
