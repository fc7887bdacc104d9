/** What frpc and frps need of memory: docs/reliability.md, "A flood". */
import type { Settings } from '../settings/definitions.ts';
import type { ServiceDefinition } from './service.ts';

const BASE_MIB = 64;
/** frps was measured at 32, frpc at 38. */
const CONNECTION_KIB = 40;
/** Of the limit: Go collects its garbage more often above this, instead of being killed. */
const GO_SHARE = 0.85;

/**
 * Connections that nginx lets stand, with their requests not whole yet: it has two slots for each that it serves, a
 * sixteenth of them spare, and its queue.
 */
const standing = (served: number): number => Math.ceil(2.2 * served) + 600;

/** The limit of either, and what tells Go of it. */
export function frpMemory({
  BTCW_MAX_CONNECTIONS: served,
}: Pick<Settings, 'BTCW_MAX_CONNECTIONS'>): Required<Pick<ServiceDefinition, 'limits' | 'environment'>> {
  const memoryMiB = BASE_MIB + Math.ceil((standing(served) * CONNECTION_KIB) / 1024);
  return {
    limits: { memoryMiB, pids: 64 },
    environment: { GOGC: '50', GOMEMLIMIT: `${Math.floor(memoryMiB * GO_SHARE)}MiB` },
  };
}
