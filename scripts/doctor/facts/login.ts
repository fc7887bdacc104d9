/** Logging in, and a short WebSocket conversation with the token. */
import type { Settings } from '../../../stacks/settings/definitions.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { localUrl, serviceUrl } from '../../../stacks/topology/urls.ts';
import { apiUpstream } from '../../deployment/routes.ts';
import { disk } from '../../deployment/settings.ts';
import type { AppProfile } from '../../lib/app-profile.ts';
import type { HttpAnswer } from '../../lib/http.ts';
import { logIn, tokenIn } from '../../lib/login.ts';
import { type ProbeResult, probeWebSocket, topicsWithin } from '../../lib/websocket.ts';
import { fact } from './fact.ts';
import { answered, type Rounds } from './rounds.ts';

const CONVERSATION_MS = [3_000, 8_000] as const;
/** What a conversation can hear of in time. */
export const CONVERSATION_SEC = 5;

/** What a token says of itself; nothing of it is verified here. */
export interface TokenFacts {
  /** By the user, rather than by a login of doctor's. */
  readonly given: boolean;
  readonly wellFormed: boolean;
  readonly issuedMs: number | undefined;
  readonly expiresMs: number | undefined;
}

export interface LoginFacts {
  /** Answer to a login with the password file, undefined where it was not tried. */
  readonly login: HttpAnswer | undefined;
  readonly token: TokenFacts | undefined;
  /** A short conversation through the reverse proxy with that token. */
  readonly socket: ProbeResult | undefined;
}

/** Reads what a JWT says without checking its signature: its age is no secret. */
export function readToken(text: string, given: boolean): TokenFacts {
  try {
    const [, payload = '', signature] = text.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      iat?: number;
      exp?: number;
    } | null;
    if (!signature) throw new Error('no signature');
    const ms = (sec: number | undefined) => (typeof sec === 'number' ? sec * 1000 : undefined);
    return { given, wellFormed: true, issuedMs: ms(claims?.iat), expiresMs: ms(claims?.exp) };
  } catch {
    return { given, wellFormed: false, issuedMs: undefined, expiresMs: undefined };
  }
}

/** How it is asked. */
interface Ways {
  readonly rounds: Rounds;
  /** Whether the reverse proxy reaches who has to answer: where it does not, that is what is wrong. */
  readonly isReached: () => Promise<boolean>;
}

async function askForToken(
  topology: Topology,
  profile: AppProfile,
  user: string,
  passwordPath: string,
  { rounds, isReached: isWorthwhile }: Ways,
): Promise<HttpAnswer | undefined> {
  const { login } = profile;
  const password = await fact(() => disk.read(passwordPath)?.trim());
  if (!login || password === undefined) return undefined;
  const base = serviceUrl(topology, apiUpstream(topology, profile).service);
  return rounds.ask({
    ask: (deadlineMs) => logIn(base, login, user, password, deadlineMs),
    isAnswer: answered,
    isWorthwhile,
  });
}

/** Whether there is something to judge by. */
const hasSpoken =
  (hasTopics: boolean, pings: boolean) =>
  ({ timedOut = false, topics, pongMs }: ProbeResult): boolean =>
    !timedOut || ((topics.length > 0 || !hasTopics) && (pongMs !== undefined || !pings));

/** @param given a token to use instead of one that a login gives */
export async function gatherLogin(
  topology: Topology,
  profile: AppProfile,
  { BTCW_ADMIN_USER: user }: Pick<Settings, 'BTCW_ADMIN_USER'>,
  passwordPath: string,
  given: string | undefined,
  ways: Ways,
): Promise<LoginFacts> {
  const { login: loginProfile, webSocket } = profile;
  const login = given ? undefined : await askForToken(topology, profile, user, passwordPath, ways);
  const token = given ?? (login && loginProfile && tokenIn(login.body, loginProfile));
  // Without a token nothing can be said of a WebSocket that takes one.
  if (!webSocket || (!token && webSocket.token)) return { login, token: undefined, socket: undefined };
  const expected = topicsWithin(webSocket, CONVERSATION_SEC);
  const socket = await ways.rounds.ask({
    ask: (deadlineMs) =>
      probeWebSocket({ base: localUrl(topology), profile: webSocket, token }, deadlineMs, expected),
    isAnswer: hasSpoken(expected.length > 0, webSocket.heartbeat.from === 'client'),
    deadlinesMs: CONVERSATION_MS,
    isWorthwhile: ways.isReached,
  });
  return { login, token: token ? readToken(token, given !== undefined) : undefined, socket };
}
