import formbody from '@fastify/formbody';
import rateLimit from '@fastify/rate-limit';
import { Type } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import { sendError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { requireBearer } from './bearer.ts';
import type { Credentials } from './credentials.ts';
import { issueToken, TOKEN_LIFETIME_SEC } from './tokens.ts';

/** Failed logins per user and address and minute; behind nginx and frp all clients share one address. */
const MAX_FAILURES = 10;
const FAILURE_WINDOW_MS = 60_000;

const LoginForm = Type.Object({
  grant_type: Type.Optional(Type.String()),
  username: Type.String({ minLength: 1, maxLength: 256 }),
  password: Type.String({ minLength: 1, maxLength: 1024 }),
});

/** POST /api/v1/auth/token and GET /api/v1/auth/me. */
export async function registerAuthRoutes(app: App, credentials: Credentials, log: Logger): Promise<void> {
  await app.register(formbody);
  await app.register(rateLimit, { global: false });
  const failures = app.createRateLimit({
    max: MAX_FAILURES,
    timeWindow: FAILURE_WINDOW_MS,
    keyGenerator: (request) => `${request.ip} ${(request.body as { username: string }).username}`,
  });

  const login = { schema: { body: LoginForm }, onRequest: allowFilePages };
  app.post('/api/v1/auth/token', login, async (request, reply) => {
    const { grant_type: grantType = 'password', username, password } = request.body;
    if (grantType !== 'password') {
      return sendError(reply, 400, 'unsupported_grant_type', 'only grant_type=password is supported');
    }
    const before = await failures(request, { increment: false });
    if (!before.isAllowed && before.remaining === 0) {
      reply.header('retry-after', before.ttlInSeconds);
      const text = `too many failed logins: try again in ${before.ttlInSeconds} s`;
      return sendError(reply, 429, 'too_many_attempts', text);
    }
    if (!credentials.match(username, password)) {
      await failures(request);
      log.warn(`Login failed from ${request.ip}`);
      reply.header('www-authenticate', 'Bearer');
      return sendError(reply, 401, 'invalid_grant', 'wrong user name or password');
    }
    reply.header('cache-control', 'no-store');
    return { access_token: issueToken(app, username), token_type: 'bearer', expires_in: TOKEN_LIFETIME_SEC };
  });

  app.get('/api/v1/auth/me', { onRequest: requireBearer(app) }, async (request) => ({
    username: request.user.sub,
    expires_at: new Date(request.user.exp * 1000).toISOString(),
  }));
}

/** The WebSocket test page may be opened from disk, where its origin is `null`; no cookie is ever involved. */
async function allowFilePages(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('vary', 'Origin');
  if (request.headers.origin !== 'null') return;
  reply.header('access-control-allow-origin', 'null');
  reply.header('access-control-expose-headers', 'Retry-After');
}
