import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './app.ts';
import type { Logger } from './log.ts';

/** Every error body has the shape of OAuth2's (RFC 6749, section 5.2). */
export function sendError(
  reply: FastifyReply,
  status: number,
  error: string,
  description: string,
): FastifyReply {
  return reply.code(status).send({ error, error_description: description });
}

/** Answers what no route answers: unknown paths, input that fails its schema, and our own faults. */
export function registerErrorHandlers(app: App, log: Logger): void {
  app.setNotFoundHandler((request, reply) => {
    sendError(reply, 404, 'not_found', `there is no ${request.method} ${pathOf(request)}`);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return sendError(reply, status, 'invalid_request', error.message);
    log.error(`${request.method} ${pathOf(request)} failed: ${error.stack ?? error.message}`);
    return sendError(reply, 500, 'server_error', 'the request failed: see the log of the backend');
  });
}

/** The path alone: the query may hold a token. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}
