import { type Static, type TSchema, Type } from '@fastify/type-provider-typebox';
import { Compile, type Validator } from 'typebox/compile';

export const TOPICS = ['monitoring', 'strategies', 'signals', 'capacity'] as const;
export type Topic = (typeof TOPICS)[number];

/** Where a payload's numbers come from: this machine, the seeded walk, or a real exchange. */
export type Source = 'measured' | 'simulated' | 'exchange';

/** A larger message is answered with an error and close code 1009. */
export const MAX_MESSAGE_BYTES = 64 * 1024;

export const HEARTBEAT_INTERVAL_SEC = 10;
export const HEARTBEAT_TIMEOUT_SEC = 30;

export const CLOSE = {
  tooLarge: 1009,
  policy: 1008,
  restart: 1012,
  tokenExpired: 4401,
} as const;

export type ErrorCode =
  | 'bad_json'
  | 'bad_message'
  | 'unknown_type'
  | 'unknown_topic'
  | 'too_large'
  | 'rate_limited';

export type ServerMessage =
  | {
      readonly type: 'connected';
      readonly client_id: string;
      readonly user: string;
      readonly server_time: string;
      /** Seconds between the server's pings. */
      readonly heartbeat_interval: number;
      /** Seconds without any traffic after which the client counts as dead. */
      readonly heartbeat_timeout: number;
      readonly token_expires_at: string;
      readonly topics: readonly Topic[];
    }
  | { readonly type: 'subscribed' | 'unsubscribed'; readonly topic: Topic }
  | { readonly type: 'ping' | 'pong'; readonly id?: string | number }
  | { readonly type: 'error'; readonly code: ErrorCode; readonly text: string };

export interface DataMessage {
  readonly type: 'data';
  readonly topic: Topic;
  /** Grows by one with each message of the topic, from 1 at the start of the process. */
  readonly seq: number;
  readonly timestamp: string;
  readonly source: Source;
  readonly payload: unknown;
}

const TopicMessage = Compile(Type.Object({ topic: Type.String({ maxLength: 64 }) }));
const HeartbeatMessage = Compile(
  Type.Object({ id: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Number()])) }),
);

export type ClientMessage =
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly topic: Topic }
  | { readonly type: 'ping' | 'pong'; readonly id?: string | number };

/** A message the client sent that the protocol does not know; told to it as an `error` message. */
export class ProtocolError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, text: string) {
    super(text);
    this.code = code;
  }
}

/**
 * Fields that the protocol does not know are left out, so that none is ever sent back.
 * @throws ProtocolError for anything but a well-formed message
 */
export function parseClientMessage(text: string): ClientMessage {
  const message = parseObject(text);
  const { type } = message;
  if (type === 'subscribe' || type === 'unsubscribe') {
    return { type, topic: knownTopic(check(TopicMessage, message).topic) };
  }
  if (type === 'ping' || type === 'pong') {
    const { id } = check(HeartbeatMessage, message);
    return id === undefined ? { type } : { type, id };
  }
  throw new ProtocolError('unknown_type', '"type" should be one of subscribe, unsubscribe, ping, pong');
}

function check<Schema extends TSchema>(
  validator: Validator<Record<never, never>, Schema>,
  message: Record<string, unknown>,
): Static<Schema> {
  if (validator.Check(message)) return message;
  const problem = validator.Errors(message)[0];
  throw new ProtocolError('bad_message', `${message.type}: ${problem?.instancePath} ${problem?.message}`);
}

function knownTopic(topic: string): Topic {
  const known = TOPICS.find((candidate) => candidate === topic);
  if (known) return known;
  throw new ProtocolError('unknown_topic', `"topic" should be one of ${TOPICS.join(', ')}`);
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError('bad_json', 'a message should be JSON text');
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isObject) return value as Record<string, unknown>;
  throw new ProtocolError('bad_message', 'a message should be a JSON object with a "type"');
}
