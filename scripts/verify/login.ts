/** Tokens for WebSockets: a good one from the backend, and an expired one to see it refused. */
import { readFileSync } from 'node:fs';
import { SignJWT } from 'jose';
import type { SecretFiles } from '../../stacks/topology/secrets.ts';
import { ask, type HttpAnswer } from '../lib/http.ts';
import { TOKEN_PATH } from '../lib/reference-app.ts';

export const HTTP_DEADLINE_MS = 10_000;

export interface Login {
  readonly answer: HttpAnswer;
  /** Empty where there was none. */
  readonly token: string;
}

function tokenIn(body: string): string {
  try {
    return (JSON.parse(body) as { access_token?: string }).access_token ?? '';
  } catch {
    return '';
  }
}

/** Logs in with a form, as the frontend does. */
export async function requestToken(base: string, user: string, password: string): Promise<Login> {
  const answer = await ask(`${base}${TOKEN_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username: user, password }).toString(),
    deadlineMs: HTTP_DEADLINE_MS,
  });
  return { answer, token: tokenIn(answer.body) };
}

const TOKEN_LIFE_SEC = 86_400;
const EXPIRED_FOR_SEC = 3_600;

/** A token that was good until an hour ago, signed as the reference application does. */
export async function expiredToken(user: string, secrets: SecretFiles): Promise<string> {
  const key = Buffer.from(readFileSync(secrets.jwtSecret, 'utf8').trim());
  const expiredSec = Math.floor(Date.now() / 1000) - EXPIRED_FOR_SEC;
  return new SignJWT({ sub: user })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(expiredSec - TOKEN_LIFE_SEC)
    .setExpirationTime(expiredSec)
    .sign(key);
}
