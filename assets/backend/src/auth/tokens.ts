import fastifyJwt from '@fastify/jwt';
import type { App } from '../app.ts';

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

/** Only HS256 is accepted, which also refuses `alg: none`; a token must expire and be for today's user. */
export async function registerTokens(app: App, secret: string, user: string): Promise<void> {
  await app.register(fastifyJwt, {
    secret,
    sign: { algorithm: 'HS256' },
    verify: { algorithms: ['HS256'], requiredClaims: ['sub', 'iat', 'exp'], allowedSub: user },
  });
}

export function issueToken(app: App, user: string): string {
  const iat = Math.floor(Date.now() / 1000);
  return app.jwt.sign({ sub: user, iat, exp: iat + TOKEN_LIFETIME_SEC });
}

export type TokenCheck =
  | { readonly ok: true; readonly claims: Claims }
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
  try {
    return { ok: true, claims: app.jwt.verify<Claims>(token) };
  } catch (error) {
    return (error as { code?: string }).code === 'FAST_JWT_EXPIRED'
      ? { ok: false, error: 'expired_token', text: 'the token has expired: log in again' }
      : {
          ok: false,
          error: 'invalid_token',
          text: 'the token is malformed or was not issued by this server',
        };
  }
}
