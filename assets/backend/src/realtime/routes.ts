import websocket from '@fastify/websocket';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import { checkToken } from '../auth/tokens.ts';
import { sendError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Client } from './client.ts';
import type { Hub } from './hub.ts';
import { isAllowedOrigin } from './origin.ts';

export const WEBSOCKET_PATH = '/api/v1/ws';

/**
 * `ws` closes with 1009 by itself above this, without a word; up to it, a message over the protocol's
 * 64 KiB is still answered with an error first.
 */
const MAX_PAYLOAD_BYTES = 256 * 1024;

/** GET /api/v1/ws?token= and GET /api/v1/ws/stats. */
export async function registerRealtimeRoutes(
  app: App,
  hub: Hub,
  maxConnections: number,
  log: Logger,
): Promise<void> {
  await app.register(websocket, {
    // Pings count towards the rate limit, so the client answers them itself.
    options: {
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
      autoPong: false,
      clientTracking: false,
    },
    errorHandler: (error) => log.debug(`WebSocket error: ${error.message}`),
    // By now Fastify answers every request with 503, so that no client can join.
    preClose: () => hub.close('service restart'),
  });

  const refuse = (reply: FastifyReply, status: number, error: string, text: string) => {
    log.warn(`WebSocket refused with ${status} ${error}: ${text}`);
    reply.header('connection', 'close');
    return sendError(reply, status, error, text);
  };

  /** Everything is decided before the upgrade: a browser learns no more of a refusal than that it failed. */
  const guard = async (request: FastifyRequest, reply: FastifyReply) => {
    const { origin, host } = request.headers;
    if (!isAllowedOrigin(origin, host)) {
      return refuse(reply, 403, 'foreign_origin', `a page of ${origin} may not connect to ${host}`);
    }
    const check = checkToken(app, (request.query as { token?: unknown }).token);
    if (!check.ok) return refuse(reply, 403, check.error, check.text);
    if (hub.connections >= maxConnections) {
      reply.header('retry-after', 5);
      return refuse(reply, 503, 'too_many_connections', `${maxConnections} connections are the limit`);
    }
    request.user = check.claims;
    request.sessionKey = check.sessionKey;
  };

  app.route({
    method: 'GET',
    url: WEBSOCKET_PATH,
    exposeHeadRoute: false,
    onRequest: guard,
    handler: (_request, reply) => {
      reply.header('upgrade', 'websocket');
      sendError(reply, 426, 'upgrade_required', 'this is a WebSocket: connect with Upgrade: websocket');
    },
    wsHandler: (socket, request) => hub.add(new Client(socket, request.user, request.sessionKey, hub)),
  });

  app.get(`${WEBSOCKET_PATH}/stats`, async () => ({
    connections: hub.connections,
    max_connections: maxConnections,
    accepted_connections: hub.counters.accepted,
    topics: hub.subscribers(),
    messages_in: hub.counters.received,
    messages_out: hub.counters.sent,
    dropped: hub.counters.dropped,
    uptime_seconds: Math.floor(process.uptime()),
  }));
}
