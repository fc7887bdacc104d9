import { setTimeout as sleep } from 'node:timers/promises';
import formbody from '@fastify/formbody';
import rateLimit from '@fastify/rate-limit';
import { Type } from '@fastify/type-provider-typebox';
import type { App } from '../app.ts';
import { sendError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { requireBearer } from './bearer.ts';
import type { Credentials } from './credentials.ts';
import { issueToken, TOKEN_LIFETIME_SEC } from './tokens.ts';

/** Failed logins of one address in a minute before it is told to wait; whatever names they were for. */
const MAX_FAILURES = 10;
const FAILURE_WINDOW_MS = 60_000;
/** How late a failed login is answered, so that guesses one after the other take their time. */
const FAILURE_DELAY_MS = 1_000;
/** Answers that wait at a time; a flood's others are given at once, as each that waits takes memory. */
const MAX_DELAYED = 100;

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
    keyGenerator: (request) => request.ip,
  });
  let delayed = 0;
  const delay = async () => {
    if (delayed >= MAX_DELAYED) return;
    delayed++;
    await sleep(FAILURE_DELAY_MS);
    delayed--;
  };

  const login = { schema: { body: LoginForm } };
  app.post('/api/v1/auth/token', login, async (request, reply) => {
    const { grant_type: grantType = 'password', username, password } = request.body;
    if (grantType !== 'password') {
      return sendError(reply, 400, 'unsupported_grant_type', 'only grant_type=password is supported');
    }
    // Before any counter: nobody's failures keep the owner out.
    if (credentials.match(username, password)) {
      return {
        access_token: issueToken(app, username),
        token_type: 'bearer',
        expires_in: TOKEN_LIFETIME_SEC,
      };
    }
    const counted = await failures(request);
    await delay();
    if (!counted.isAllowed && counted.isExceeded) {
      reply.header('retry-after', counted.ttlInSeconds);
      const text = `too many failed logins: try again in ${counted.ttlInSeconds} s`;
      return sendError(reply, 429, 'too_many_attempts', text);
    }
    log.warn(`Login failed from ${request.ip}`);
    reply.header('www-authenticate', 'Bearer');
    return sendError(reply, 401, 'invalid_grant', 'wrong user name or password');
  });

  app.get('/api/v1/auth/me', { onRequest: requireBearer(app) }, async (request) => ({
    username: request.user.sub,
    expires_at: new Date(request.user.exp * 1000).toISOString(),
  }));
}
