/** What frpc and frps need of memory: docs/reliability.md, "A flood". */
import type { Settings } from '../settings/definitions.ts';
import { slotsFor } from './nginx-capacity.ts';
import type { ServiceDefinition } from './service.ts';

const BASE_MIB = 64;
/** frps was measured at 32, frpc at 38. */
const CONNECTION_KIB = 40;
/** Of the limit: Go collects its garbage more often above this, instead of being killed. */
const GO_SHARE = 0.85;

const NGINX_PORTS = 2;
/** Connections that wait for nginx to accept them. */
const QUEUE = 511;

/** The limit of either, and what tells Go of it. */
export function frpMemory(
  settings: Pick<Settings, 'BTCW_MAX_CONNECTIONS'>,
): Required<Pick<ServiceDefinition, 'limits' | 'environment'>> {
  // A flood of requests that are never whole may take every slot.
  const connections = slotsFor(settings, NGINX_PORTS) + QUEUE;
  const memoryMiB = BASE_MIB + Math.ceil((connections * CONNECTION_KIB) / 1024);
  return {
    limits: { memoryMiB, pids: 64 },
    environment: { GOGC: '50', GOMEMLIMIT: `${Math.floor(memoryMiB * GO_SHARE)}MiB` },
  };
}
