import type { Logger } from './log.ts';
import type { Engine } from './market/engine.ts';
import type { Signal } from './market/types.ts';
import { marketView } from './market/view.ts';
import { capacity } from './metrics/capacity.ts';
import { fileDescriptors, type SystemMeter, type SystemSample } from './metrics/system.ts';
import type { Hub } from './realtime/hub.ts';

const MONITORING_MS = 2_000;
const CAPACITY_MS = 5_000;
const MARKET_MS = 5_000;
const LATEST_SIGNALS = 20;

export interface PublisherParts {
  readonly hub: Hub;
  readonly engine: Engine;
  readonly meter: SystemMeter;
  readonly maxConnections: number;
  readonly log: Logger;
}

/** Feeds the four topics: each at once, at its interval, and the market's also when something happens. */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #timers: NodeJS.Timeout[] = [];
  #sample: SystemSample;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#sample = parts.meter.sample();
  }

  start(): void {
    const { engine } = this.#parts;
    this.#every(MONITORING_MS, () => this.#publishMonitoring());
    this.#every(CAPACITY_MS, () => this.#publishCapacity());
    this.#every(MARKET_MS, () => this.#publishStrategies());
    this.#every(MARKET_MS, () => this.#publishSignals([]));
    engine.on('candle', () => this.#guard(() => this.#publishStrategies()));
    engine.on('signals', (signals) => this.#guard(() => this.#publishSignals(signals)));
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #publishMonitoring(): void {
    const { hub, meter } = this.#parts;
    this.#sample = meter.sample();
    hub.publish('monitoring', 'measured', { ...this.#sample, connections: hub.connections });
  }

  #publishCapacity(): void {
    const { hub, engine, maxConnections } = this.#parts;
    const payload = capacity({
      connections: hub.connections,
      maxConnections,
      sample: this.#sample,
      databaseBytes: engine.store.size(),
      descriptors: fileDescriptors(),
    });
    hub.publish('capacity', 'measured', payload);
  }

  #publishStrategies(): void {
    const { hub, engine } = this.#parts;
    hub.publish('strategies', engine.feed.source, marketView(engine));
  }

  /** Always with the latest ones, so that a client which missed a message has lost nothing. */
  #publishSignals(fresh: readonly Signal[]): void {
    const { hub, engine } = this.#parts;
    const signals = engine.store.signals(0, LATEST_SIGNALS);
    hub.publish('signals', engine.feed.source, { new_ids: fresh.map((signal) => signal.id), signals });
  }

  #every(intervalMs: number, publish: () => void): void {
    this.#guard(publish);
    this.#timers.push(setInterval(() => this.#guard(publish), intervalMs));
  }

  /** One failed measurement or read must not end the process, and the next may succeed. */
  #guard(publish: () => void): void {
    try {
      publish();
    } catch (error) {
      this.#parts.log.error(`Publishing failed: ${(error as Error).message}`);
    }
  }
}
