import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import { sendError } from '../errors.ts';
import { checkToken } from './tokens.ts';

/** An onRequest hook that demands `Authorization: Bearer <token>` (RFC 6750) and sets `request.user`. */
export function requireBearer(app: App) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const check = checkToken(app, token);
    if (check.ok) {
      request.user = check.claims;
      return;
    }
    reply.header('www-authenticate', 'Bearer');
    return sendError(reply, 401, check.error, check.text);
  };
}
