/** Which settings a service depends on: recorded while it is made, so that no list of them has to be kept. */
import type { SettingName, Settings } from '../settings/definitions.ts';

/**
 * Calls a function with the settings.
 * @returns what it returned, and the settings it read
 */
export function recordReads<T>(
  settings: Settings,
  make: (settings: Settings) => T,
): { readonly made: T; readonly reads: readonly SettingName[] } {
  const reads = new Set<SettingName>();
  const recorded = new Proxy(settings, {
    get(target, name) {
      if (name in target) reads.add(name as SettingName);
      return Reflect.get(target, name);
    },
  });
  return { made: make(recorded), reads: [...reads] };
}
