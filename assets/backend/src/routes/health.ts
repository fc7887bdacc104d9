import type { App } from '../app.ts';
import type { Engine } from '../market/engine.ts';
import { VERSION } from '../version.ts';

/** GET /health: 200 as long as requests are answered; what does not work is listed, and who deploys may act on it. */
export function registerHealthRoute(app: App, engine: Engine): void {
  app.get('/health', async () => {
    const problems = { price_feed: engine.feed.problem, storage: engine.storageProblem };
    const degraded = Object.entries(problems).flatMap(([component, reason]) =>
      reason ? [{ component, reason }] : [],
    );
    return {
      status: degraded.length === 0 ? 'ok' : 'degraded',
      version: VERSION,
      uptime_seconds: Math.floor(process.uptime()),
      price_source: engine.feed.source,
      degraded,
    };
  });
}
