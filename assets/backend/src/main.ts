import { join } from 'node:path';
import { type App, createApp } from './app.ts';
import { Credentials } from './auth/credentials.ts';
import { createLogger, type Logger } from './log.ts';
import { Engine } from './market/engine.ts';
import { ExchangeFeed } from './market/exchange-feed.ts';
import { SimulatedFeed } from './market/simulated-feed.ts';
import { Store } from './market/store.ts';
import { MovingAverageCrossover, RelativeStrength } from './market/strategies.ts';
import { SystemMeter } from './metrics/system.ts';
import { Publisher } from './publisher.ts';
import { Hub } from './realtime/hub.ts';
import { readSettings, type Settings, SettingsError } from './settings.ts';
import { VERSION } from './version.ts';

/** Docker kills after 10 s; this backend promises half of that. */
const SHUTDOWN_LIMIT_MS = 4_500;

/** Runs the backend until SIGTERM or SIGINT. Wrong settings end it with one line each and exit code 1. */
export async function main(): Promise<void> {
  try {
    const settings = readSettings(process.env);
    await run(settings, createLogger(settings.logLevel));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const log = createLogger('error');
    for (const problem of error.problems) log.error(problem);
    process.exit(1);
  }
}

async function run(settings: Settings, log: Logger): Promise<void> {
  const { priceFeedUrl, priceFeedSeed, dataDir, maxConnections } = settings;
  const feed = priceFeedUrl ? new ExchangeFeed(priceFeedUrl, log) : new SimulatedFeed(priceFeedSeed);
  const store = openStore(dataDir, feed.id);
  const engine = new Engine(feed, store, [new MovingAverageCrossover(), new RelativeStrength()], log);
  const credentials = new Credentials(settings);
  const hub = new Hub(() => credentials.sessionKey(), log);
  const meter = new SystemMeter(dataDir);
  const publisher = new Publisher({ hub, engine, meter, maxConnections, log });
  const app = await createApp({ settings, credentials, hub, engine, log });

  const stop = async () => {
    app.server.close();
    await app.close();
    publisher.stop();
    engine.stop();
    meter.stop();
    store.close();
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => shutDown(signal, stop, log));

  hub.start();
  engine.start();
  publisher.start();
  await listen(app, settings);
  log.info(`btc-watcher backend ${VERSION} listens on ${addressOf(app)}, prices: ${feed.id}`);
}

async function listen(app: App, { host, port }: Settings): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const fix = 'Stop what uses the port, or set PORT to a free one.';
    throw new SettingsError([
      `PORT: should be free on ${host}, got "${port}" (${(error as Error).message}). ${fix}`,
    ]);
  }
}

function openStore(dataDir: string, feedId: string): Store {
  const path = join(dataDir, 'btc-watcher.db');
  try {
    return new Store(path, feedId);
  } catch (error) {
    const fix = `Restore or remove ${path}.`;
    throw new SettingsError([
      `DATA_DIR: should hold a usable database, got "${dataDir}" (${(error as Error).message}). ${fix}`,
    ]);
  }
}

async function shutDown(signal: string, stop: () => Promise<void>, log: Logger): Promise<void> {
  log.info(`${signal}: closing connections`);
  setTimeout(() => {
    log.warn('Shutdown took too long: ending now');
    process.exit(0);
  }, SHUTDOWN_LIMIT_MS).unref();
  await stop();
  log.info('Stopped');
  process.exit(0);
}

function addressOf(app: App): string {
  const address = app.server.address();
  return typeof address === 'object' && address ? `${address.address}:${address.port}` : String(address);
}
