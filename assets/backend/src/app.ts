import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify';
import type { Credentials } from './auth/credentials.ts';
import { registerAuthRoutes } from './auth/routes.ts';
import { registerTokens } from './auth/tokens.ts';
import { registerErrorHandlers } from './errors.ts';
import type { Logger } from './log.ts';
import type { Engine } from './market/engine.ts';
import type { Hub } from './realtime/hub.ts';
import { registerRealtimeRoutes, WEBSOCKET_PATH } from './realtime/routes.ts';
import { registerHealthRoute } from './routes/health.ts';
import { registerMarketRoutes } from './routes/market.ts';
import type { Settings } from './settings.ts';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** A client that has not sent its whole request by then is cut. */
const REQUEST_TIMEOUT_MS = 30_000;
/** The login form is the largest body. */
const BODY_LIMIT_BYTES = 8 * 1024;

export interface AppParts {
  readonly settings: Settings;
  readonly credentials: Credentials;
  readonly hub: Hub;
  readonly engine: Engine;
  readonly log: Logger;
}

/** The HTTP server with all routes, not listening yet. */
export async function createApp({ settings, credentials, hub, engine, log }: AppParts): Promise<App> {
  const app: App = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: settings.trustedProxies ?? false,
    http: {
      // Elsewhere an Upgrade header (h2c from curl, for one) is ignored, as RFC 9110 allows.
      shouldUpgradeCallback: ({ url, headers }) =>
        url?.split('?', 1)[0] === WEBSOCKET_PATH && headers.upgrade?.toLowerCase() === 'websocket',
    },
  });
  // Forms are the only bodies (OAuth2); a parser less is a way in less.
  app.removeAllContentTypeParsers();
  registerErrorHandlers(app, log);
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });
  await registerTokens(app, credentials);
  await registerAuthRoutes(app, credentials, log);
  await registerRealtimeRoutes(app, hub, settings.maxConnections, log);
  registerHealthRoute(app, engine);
  registerMarketRoutes(app, engine);
  return app;
}
