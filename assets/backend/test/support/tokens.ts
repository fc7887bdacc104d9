import { createHmac } from 'node:crypto';

/** A token put together by hand, so that every field can be wrong. */
export function forgeToken(claims: object, secret: string, header = { alg: 'HS256' }): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const body = `${encode(header)}.${encode(claims)}`;
  const hash = header.alg === 'HS512' ? 'sha512' : 'sha256';
  return `${body}.${createHmac(hash, secret).update(body).digest('base64url')}`;
}

/** @param lifetimeSec negative for a token that has expired already */
export function claimsFor(user: string, lifetimeSec: number) {
  const iat = Math.floor(Date.now() / 1000) + Math.min(0, lifetimeSec) - 1;
  return { sub: user, iat, exp: Math.floor(Date.now() / 1000) + lifetimeSec };
}
