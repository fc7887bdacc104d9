/** Tokens: a good one from the backend, and others that have to be refused. */
import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import { messages } from '../../messages/index.ts';
import type { SecretFiles } from '../../stacks/topology/secrets.ts';
import { disk } from '../deployment/settings.ts';
import { type AppProfile, notInProfile } from '../lib/app-profile.ts';
import { answerText, type HttpAnswer } from '../lib/http.ts';
import { logIn, tokenIn } from '../lib/login.ts';
import { once, type PlannedCheck, type Result, skip } from './check.ts';

const said = messages.verify.login;

export const HTTP_DEADLINE_MS = 10_000;

/** Who logs in, where, and what is done about a refusal. */
export interface Account {
  /** @example 'http://127.0.0.1:8000' */
  readonly base: string;
  readonly user: string;
  readonly password: () => string;
  /** @param answer anything but a token */
  readonly fixOf: (answer: HttpAnswer) => string;
}

/** A login, and the token that it gives. */
export interface Login {
  readonly check: PlannedCheck;
  /** Empty where there is none. */
  readonly token: () => Promise<string>;
}

/** @param name of its row */
export function loginOf(
  name: string,
  profile: AppProfile,
  { base, user, password, fixOf }: Account,
  dependsOn: readonly PlannedCheck[],
): Login {
  const { login } = profile;
  if (!login) return { check: skip('login', name, notInProfile(profile, 'login')), token: async () => '' };
  const answered = once(() => logIn(base, login, user, password(), HTTP_DEADLINE_MS));
  const token = async () => tokenIn((await answered()).body, login);
  const run = async (): Promise<Result> => {
    const answer = await answered();
    const isIn = answer.status >= 200 && answer.status < 300;
    const ok = isIn && (await token()) !== '';
    const text = answerText(answer);
    const detail = isIn && !ok ? said.noToken(text, login.tokenKeys.join('.')) : text;
    return { ok, detail, fix: fixOf(answer) };
  };
  return { check: { id: 'login', name, dependsOn, fix: '', run }, token };
}

type SessionFiles = Pick<SecretFiles, 'jwtSecret' | 'adminPassword'>;

const TOKEN_LIFE_SEC = 86_400;
const EXPIRED_FOR_SEC = 3_600;

/** What the reference application signs tokens with (assets/backend/src/auth/credentials.ts). */
export function sessionKey({ jwtSecret, adminPassword }: SessionFiles): Buffer {
  const [secret = '', password = ''] = [jwtSecret, adminPassword].map((file) =>
    (disk.read(file) ?? '').replace(/[\r\n]+$/, ''),
  );
  return Buffer.from(createHmac('sha256', secret).update(password).digest('base64url'));
}

/** A token that was good until an hour ago, signed as the reference application does. */
export async function expiredToken(user: string, secrets: SessionFiles): Promise<string> {
  const expiredSec = Math.floor(Date.now() / 1000) - EXPIRED_FOR_SEC;
  return new SignJWT({ sub: user })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(expiredSec - TOKEN_LIFE_SEC)
    .setExpirationTime(expiredSec)
    .sign(sessionKey(secrets));
}
