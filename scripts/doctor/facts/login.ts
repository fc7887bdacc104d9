/** Logging in, and a short WebSocket conversation with the token. */
import { readFileSync } from 'node:fs';
import type { Settings } from '../../../stacks/settings/definitions.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { localUrl, serviceUrl } from '../../../stacks/topology/urls.ts';
import { apiUpstream } from '../../deployment/routes.ts';
import { ask, type HttpAnswer } from '../../lib/http.ts';
import { TOKEN_PATH, TOPICS, webSocketUrl } from '../../lib/reference-app.ts';
import { type ProbeResult, probeWebSocket } from '../../lib/websocket.ts';
import { fact } from './fact.ts';
import { answered, type Rounds } from './rounds.ts';

const CONVERSATION_MS = [3_000, 8_000] as const;

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

/** The token in an answer to a login. */
const tokenIn = ({ body }: HttpAnswer): string | undefined =>
  (JSON.parse(body) as { access_token?: string } | null)?.access_token;

/** How it is asked. */
interface Ways {
  readonly rounds: Rounds;
  /** Whether the reverse proxy reaches who has to answer: where it does not, that is what is wrong. */
  readonly isReached: () => Promise<boolean>;
}

async function logIn(
  topology: Topology,
  user: string,
  passwordPath: string,
  { rounds, isReached: isWorthwhile }: Ways,
): Promise<HttpAnswer | undefined> {
  const password = await fact(() => readFileSync(passwordPath, 'utf8').trim());
  if (password === undefined) return undefined;
  const url = `${serviceUrl(topology, apiUpstream(topology).service)}${TOKEN_PATH}`;
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username: user, password }).toString(),
  };
  return rounds.ask({
    ask: (deadlineMs) => ask(url, { ...request, deadlineMs }),
    isAnswer: answered,
    isWorthwhile,
  });
}

/** Whether there is something to judge by: an application of the user's own may have other topics than are waited for. */
const hasSpoken = ({ timedOut = false, topics, pongMs }: ProbeResult): boolean =>
  !timedOut || (topics.length > 0 && pongMs !== undefined);

/** @param given a token to use instead of one that a login gives */
export async function gatherLogin(
  topology: Topology,
  { BTCW_ADMIN_USER: user }: Pick<Settings, 'BTCW_ADMIN_USER'>,
  passwordPath: string,
  given: string | undefined,
  ways: Ways,
): Promise<LoginFacts> {
  const login = given ? undefined : await logIn(topology, user, passwordPath, ways);
  const token = given ?? (login && (await fact(() => tokenIn(login))));
  if (!token) return { login, token: undefined, socket: undefined };
  const url = webSocketUrl(localUrl(topology), token);
  const socket = await ways.rounds.ask({
    ask: (deadlineMs) => probeWebSocket(url, TOPICS, deadlineMs),
    isAnswer: hasSpoken,
    deadlinesMs: CONVERSATION_MS,
    isWorthwhile: ways.isReached,
  });
  return { login, token: readToken(token, given !== undefined), socket };
}
