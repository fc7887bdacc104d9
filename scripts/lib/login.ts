/** Logging in as a profile describes it, and tokens that must be refused. */
import { createHmac, randomBytes } from 'node:crypto';
import type { LoginProfile } from './app-profile.ts';
import { ask, type HttpAnswer } from './http.ts';

/** The token in an answer to a login; empty where there is none. */
export function tokenIn(body: string, { tokenKeys }: Pick<LoginProfile, 'tokenKeys'>): string {
  try {
    let value: unknown = JSON.parse(body);
    for (const key of tokenKeys) value = (value as Record<string, unknown> | null | undefined)?.[key];
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}

/** @param base @example 'http://127.0.0.1:8000' */
export function logIn(
  base: string,
  { path, form, userField, passwordField }: LoginProfile,
  user: string,
  password: string,
  deadlineMs: number,
): Promise<HttpAnswer> {
  const fields = { [userField]: user, [passwordField]: password };
  const isJson = form === 'json';
  return ask(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded' },
    body: isJson ? JSON.stringify(fields) : new URLSearchParams(fields).toString(),
    deadlineMs,
  });
}

/** The command that logs in. @param passwordFile for the shell */
export function loginCommand(base: string, login: LoginProfile, user: string, passwordFile: string): string {
  const { path, form, userField, passwordField } = login;
  const url = `${base}${path}`;
  // Through a pipe: a program's arguments are seen by every user of the host; printf is the shell's own.
  if (form !== 'json') {
    return `tr -d '\\n' < ${passwordFile} | curl -s ${url} -d ${userField}=${user} --data-urlencode ${passwordField}@-`;
  }
  const body = `printf '{"${userField}":"${user}","${passwordField}":"%s"}' "$(cat ${passwordFile})"`;
  return `${body} | curl -s ${url} -H 'content-type: application/json' -d @-`;
}

/**
 * A token with the content of a good one and the signature of another key. Its header stays as it is: an application
 * may have kept the answer for a part of the token.
 */
export function forgedToken(valid: string): string {
  const [header, payload, signature] = valid.split('.');
  const key = randomBytes(32);
  if (!signature) return createHmac('sha256', key).update(valid).digest('hex');
  const digest = createHmac('sha256', key).update(`${header}.${payload}`).digest('base64url');
  return `${header}.${payload}.${digest}`;
}
