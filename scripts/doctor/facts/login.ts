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

const CONVERSATION_MS = 3_000;

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

async function logIn(
  topology: Topology,
  user: string,
  passwordPath: string,
): Promise<HttpAnswer | undefined> {
  const password = await fact(() => readFileSync(passwordPath, 'utf8').trim());
  if (password === undefined) return undefined;
  return ask(`${serviceUrl(topology, apiUpstream(topology).service)}${TOKEN_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username: user, password }).toString(),
  });
}

/** @param given a token to use instead of one that a login gives */
export async function gatherLogin(
  topology: Topology,
  { BTCW_ADMIN_USER: user }: Pick<Settings, 'BTCW_ADMIN_USER'>,
  passwordPath: string,
  given: string | undefined,
): Promise<LoginFacts> {
  const login = given ? undefined : await logIn(topology, user, passwordPath);
  const token = given ?? (login && (await fact(() => tokenIn(login))));
  if (!token) return { login, token: undefined, socket: undefined };
  const socket = await probeWebSocket(webSocketUrl(localUrl(topology), token), TOPICS, CONVERSATION_MS);
  return { login, token: readToken(token, given !== undefined), socket };
}
