/** What settings choose of a service of the package's own, in place of its defaults. */
import type { Settings } from '../settings/definitions.ts';
import type { Limits, ServiceDefinition } from './service.ts';

/** @param part of the settings' names. @example 'BACKEND' */
export function chosen(
  part: 'BACKEND' | 'FRONTEND',
  settings: Settings,
  { memoryMiB, pids }: Limits,
): Partial<ServiceDefinition> & { readonly limits: Limits } {
  const command = settings[`BTCW_${part}_COMMAND`];
  const cpus = settings[`BTCW_${part}_CPUS`];
  const startTimeoutSec = settings[`BTCW_${part}_START_TIMEOUT`];
  return {
    limits: {
      memoryMiB: settings[`BTCW_${part}_MEMORY`] ?? memoryMiB,
      pids: settings[`BTCW_${part}_PIDS`] ?? pids,
      ...(cpus && { cpus }),
    },
    ...(command && { command }),
    ...(startTimeoutSec && { startTimeoutSec }),
  };
}
