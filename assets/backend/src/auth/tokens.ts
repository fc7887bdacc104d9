import fastifyJwt from '@fastify/jwt';
import type { App } from '../app.ts';
import type { Credentials } from './credentials.ts';

/** 24 h, the seed's validity. */
export const TOKEN_LIFETIME_SEC = 86_400;

export interface Claims {
  readonly sub: string;
  /** Issued at, in Unix seconds. */
  readonly iat: number;
  /** Expires at, in Unix seconds. */
  readonly exp: number;
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: Claims;
    user: Claims;
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** What tokens are signed with at this moment. @throws when the password file cannot be read */
    sessionKey(): string;
  }
  interface FastifyRequest {
    /** What its token was signed with; '' before that is checked. */
    sessionKey: string;
  }
}

/** Only HS256 is accepted, which also refuses `alg: none`; a token must expire and be for today's user. */
export async function registerTokens(app: App, credentials: Credentials): Promise<void> {
  app.decorate('sessionKey', () => credentials.sessionKey());
  app.decorateRequest('sessionKey', '');
  await app.register(fastifyJwt, {
    secret: app.sessionKey(),
    sign: { algorithm: 'HS256' },
    verify: { algorithms: ['HS256'], requiredClaims: ['sub', 'iat', 'exp'], allowedSub: credentials.user },
  });
}

export function issueToken(app: App, user: string): string {
  const iat = Math.floor(Date.now() / 1000);
  return app.jwt.sign({ sub: user, iat, exp: iat + TOKEN_LIFETIME_SEC }, { key: app.sessionKey() });
}

export type TokenCheck =
  | { readonly ok: true; readonly claims: Claims; readonly sessionKey: string }
  | {
      readonly ok: false;
      readonly error: 'missing_token' | 'expired_token' | 'invalid_token';
      readonly text: string;
    };

/** @param token what the client sent: anything but a string counts as missing */
export function checkToken(app: App, token: unknown): TokenCheck {
  if (typeof token !== 'string' || token === '') {
    return { ok: false, error: 'missing_token', text: 'no token was sent' };
  }
  const key = app.sessionKey();
  try {
    return { ok: true, claims: app.jwt.verify<Claims>(token, { key }), sessionKey: key };
  } catch (error) {
    return (error as { code?: string }).code === 'FAST_JWT_EXPIRED'
      ? { ok: false, error: 'expired_token', text: 'the token has expired: log in again' }
      : {
          ok: false,
          error: 'invalid_token',
          text: 'the token is malformed, was not issued by this server, or the password has changed since: log in again',
        };
  }
}
