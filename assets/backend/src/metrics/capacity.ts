import { round, type Share, type SystemSample } from './system.ts';

/**
 * Memory that one more subscribed client takes here, measured with 2,000 of them (bench/fanout.mjs) and rounded up.
 */
export const BYTES_PER_CONNECTION = 40 * 1024;

export interface CapacityFacts {
  readonly connections: number;
  readonly maxConnections: number;
  readonly sample: Pick<SystemSample, 'memory' | 'disk'>;
  readonly databaseBytes: number;
  readonly descriptors: { readonly used: number; readonly limit: number };
}

export interface CapacityPayload {
  readonly connections: { readonly used: number; readonly max: number; readonly percent: number };
  readonly memory: Share;
  readonly disk: Share;
  readonly database_bytes: number;
  /** How many more clients fit, and which resource ends first. */
  readonly headroom: { readonly connections: number; readonly limited_by: string };
}

export function capacity(facts: CapacityFacts): CapacityPayload {
  const { connections, maxConnections, sample, descriptors } = facts;
  const freeBytes = sample.memory.total_bytes - sample.memory.used_bytes;
  const room: Record<string, number> = {
    max_connections: maxConnections - connections,
    memory: Math.floor(freeBytes / BYTES_PER_CONNECTION),
    file_descriptors: descriptors.limit - descriptors.used,
  };
  const [limitedBy, fewest] = Object.entries(room).reduce((a, b) => (b[1] < a[1] ? b : a));
  return {
    connections: {
      used: connections,
      max: maxConnections,
      percent: round((connections / maxConnections) * 100),
    },
    memory: sample.memory,
    disk: sample.disk,
    database_bytes: facts.databaseBytes,
    headroom: { connections: Math.max(0, fewest), limited_by: limitedBy },
  };
}
