/**
 * What an application offers, as far as verify, doctor, status and deploy ask for it: how to log in, how its WebSocket
 * speaks, where its statistics are. A part that is undefined is not asked for. docs/app-profile.md describes the file
 * that an owner writes such a profile into.
 */
import { messages } from '../../messages/index.ts';

const said = messages.lib.appProfile;

/** A message, or a pattern of one: "$topic" and "$token" stand for the topic and the token. */
export type Message =
  | string
  | number
  | boolean
  | null
  | readonly Message[]
  | { readonly [key: string]: Message };

export interface LoginProfile {
  readonly path: string;
  /** `oauth2`: fields of a form, as OAuth2's password grant has them; `json`: an object. */
  readonly form: 'oauth2' | 'json';
  readonly userField: string;
  readonly passwordField: string;
  /** The keys that lead to the token in the answer. @example ['data', 'access_token'] */
  readonly tokenKeys: readonly string[];
}

/** How a WebSocket's token travels. */
export type TokenTransport =
  /** Name of a query parameter. */
  | { readonly query: string }
  /** Name of a header; `Authorization` gets "Bearer " before the token. */
  | { readonly header: string }
  /** Subprotocols that are offered; "$token" is the token. @example ['bearer', '$token'] */
  | { readonly subprotocol: readonly string[] }
  /** The first message of the client. */
  | { readonly message: Message };

export interface Topic {
  readonly name: string;
  /** Within which it sends something after it was subscribed; undefined where that cannot be told. */
  readonly deadlineSec: number | undefined;
}

/** Who asks whether the other end is alive. Pings of the WebSocket protocol are answered anyway. */
export type Heartbeat =
  | { readonly from: 'client'; readonly message: Message; readonly answer: Message }
  | {
      readonly from: 'server';
      readonly message: Message;
      readonly answer: Message;
      readonly everySec: number | undefined;
    }
  | { readonly from: 'none' };

export interface WebSocketProfile {
  readonly path: string;
  /** Undefined where it takes none. */
  readonly token: TokenTransport | undefined;
  /** The statuses with which a wrong token is refused before the upgrade. */
  readonly refusals: readonly number[];
  /** Undefined where the server sends by itself. */
  readonly subscribe: Message | undefined;
  /** What a topic's messages look like. */
  readonly data: Message;
  readonly topics: readonly Topic[];
  readonly heartbeat: Heartbeat;
}

export interface AppProfile {
  /** `reference`, `generic`, or the file it is from. */
  readonly name: string;
  readonly login: LoginProfile | undefined;
  /** Path that shows whose the token is. */
  readonly whoPath: string | undefined;
  readonly webSocket: WebSocketProfile | undefined;
  readonly statsPath: string | undefined;
  /** What its log shows of a WebSocket that was opened; "$user" stands for the user. */
  readonly logText: string | undefined;
}

const PING = { type: 'ping' };
const PONG = { type: 'pong' };

/** What a file leaves out. */
export const DEFAULTS = {
  login: { form: 'oauth2', user: 'username', password: 'password', token: 'access_token' },
  refusals: [401, 403],
  data: { type: 'data', topic: '$topic' },
  ping: PING,
  pong: PONG,
} as const;

/** A unit test compares its topics and paths with the application's own. */
export const REFERENCE_PROFILE = {
  name: 'reference',
  login: {
    path: '/api/v1/auth/token',
    form: 'oauth2',
    userField: 'username',
    passwordField: 'password',
    tokenKeys: ['access_token'],
  },
  whoPath: '/api/v1/auth/me',
  webSocket: {
    path: '/api/v1/ws',
    token: { query: 'token' },
    refusals: [403],
    subscribe: { type: 'subscribe', topic: '$topic' },
    data: DEFAULTS.data,
    topics: ['monitoring', 'strategies', 'signals', 'capacity'].map((name) => ({ name, deadlineSec: 3 })),
    heartbeat: { from: 'client', message: PING, answer: PONG },
  },
  statsPath: '/api/v1/ws/stats',
  logText: '(user: $user)',
} satisfies AppProfile;

/** Of an application that nothing is known of. */
export const GENERIC_PROFILE: AppProfile = {
  name: 'generic',
  login: undefined,
  whoPath: undefined,
  webSocket: undefined,
  statsPath: undefined,
  logText: undefined,
};

/** Why something is not asked for. */
export const notInProfile = ({ name }: AppProfile, what: keyof typeof said.namesNo): string =>
  said.namesNo[what](name);

/** Puts values in place of "$name". */
export function filled(message: Message, values: Readonly<Record<string, string>>): Message {
  if (typeof message === 'string') {
    return message.replace(/\$(\w+)/g, (text, name: string) => values[name] ?? text);
  }
  if (Array.isArray(message)) return message.map((item) => filled(item, values));
  if (typeof message !== 'object' || message === null) return message;
  return Object.fromEntries(Object.entries(message).map(([key, value]) => [key, filled(value, values)]));
}

/**
 * Compares a message with a pattern: it has at least what the pattern has.
 * @returns what stands for "$name"; undefined where it does not match
 */
export function matched(pattern: Message, message: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof pattern === 'string' && /^\$\w+$/.test(pattern)) {
    return typeof message === 'string' || typeof message === 'number'
      ? { [pattern.slice(1)]: String(message) }
      : undefined;
  }
  if (typeof pattern !== 'object' || pattern === null) return pattern === message ? {} : undefined;
  if (typeof message !== 'object' || message === null) return undefined;
  let found: Readonly<Record<string, string>> = {};
  for (const [key, value] of Object.entries(pattern)) {
    const part = matched(value, (message as Record<string, unknown>)[key]);
    if (!part) return undefined;
    found = { ...found, ...part };
  }
  return found;
}

/** How a message is sent. */
export const asText = (message: Message): string =>
  typeof message === 'string' ? message : JSON.stringify(message);
