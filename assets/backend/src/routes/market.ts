import { Type } from '@fastify/type-provider-typebox';
import type { App } from '../app.ts';
import { requireBearer } from '../auth/bearer.ts';
import { sendError } from '../errors.ts';
import { CANDLE_MS } from '../market/candle-builder.ts';
import type { Engine } from '../market/engine.ts';
import { marketView } from '../market/view.ts';

const MAX_LIMIT = 5_000;

const RangeQuery = Type.Object({
  since: Type.Optional(Type.String({ maxLength: 40 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: 500 })),
});

/** GET /api/v1/signals, /api/v1/candles and /api/v1/strategies, each for a Bearer token. */
export function registerMarketRoutes(app: App, engine: Engine): void {
  const { feed, store } = engine;
  const onRequest = requireBearer(app);
  const range = { onRequest, schema: { querystring: RangeQuery } };

  app.get('/api/v1/signals', range, async ({ query }, reply) => {
    const since = parseSince(query.since);
    if (since === undefined) return badSince(reply);
    return { source: feed.source, signals: store.signals(since, query.limit ?? MAX_LIMIT) };
  });

  app.get('/api/v1/candles', range, async ({ query }, reply) => {
    const since = parseSince(query.since);
    if (since === undefined) return badSince(reply);
    const candles = store.candles(since, query.limit ?? MAX_LIMIT);
    return { source: feed.source, symbol: feed.symbol, candle_seconds: CANDLE_MS / 1000, candles };
  });

  app.get('/api/v1/strategies', { onRequest }, async () => ({ source: feed.source, ...marketView(engine) }));
}

function badSince(reply: Parameters<typeof sendError>[0]) {
  return sendError(reply, 400, 'invalid_request', 'since should be Unix milliseconds or an ISO 8601 time');
}

/**
 * @param text Unix milliseconds, an ISO 8601 time, or nothing for the beginning
 * @returns Unix milliseconds, or undefined for anything else
 */
export function parseSince(text = '0'): number | undefined {
  const time = /^\d{1,16}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isSafeInteger(time) ? time : undefined;
}
