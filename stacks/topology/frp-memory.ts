/** What frpc and frps need of memory: docs/reliability.md, "A flood". */
import type { Settings } from '../settings/definitions.ts';
import { WAY_IN_CPU_SHARES } from './cpu-shares.ts';
import { hasTunnelPort } from './nginx.ts';
import { slotsFor } from './nginx-capacity.ts';
import type { ServiceDefinition } from './service.ts';

const BASE_MIB = 64;
/** frps was measured at 32, frpc at 38. */
const CONNECTION_KIB = 40;
/** Percent of the limit: Go collects its garbage more often above this, instead of being killed. */
const GO_SHARE = 85;

/**
 * Runs a program of Go that knows its container's limit, by either version of cgroups. The limit is read when it starts: in
 * the container's environment it would have the tunnel replaced, with all its sockets, by each change of the limit.
 */
const KNOW_LIMIT = `for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
  read -r limit < $file && break
done 2>/dev/null
[ "$limit" -gt 0 ] 2>/dev/null && export GOMEMLIMIT=$((limit / 100 * ${GO_SHARE}))
exec "$@"`;

/** @returns the entrypoint that tells the program of the container's memory; needs a shell */
export const knowingLimit = (program: readonly string[]): string[] => [
  '/bin/sh',
  '-c',
  KNOW_LIMIT,
  'sh',
  ...program,
];

/** Connections that wait for nginx to accept them. */
const QUEUE = 511;

/** The limit of either; garbage is collected twice as often as Go does by default. */
export function frpMemory(
  settings: Pick<Settings, 'BTCW_MAX_CONNECTIONS' | 'BTCW_FRP_PROXY_PROTOCOL'>,
): Required<Pick<ServiceDefinition, 'limits' | 'environment'>> {
  // A flood of requests that are never whole may take every slot.
  const connections = slotsFor(settings, hasTunnelPort(settings) ? 2 : 1) + QUEUE;
  const memoryMiB = BASE_MIB + Math.ceil((connections * CONNECTION_KIB) / 1024);
  return {
    limits: { memoryMiB, pids: 64, cpuShares: WAY_IN_CPU_SHARES },
    environment: { GOGC: '50' },
  };
}
