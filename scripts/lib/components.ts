import type { Settings } from '../../stacks/settings.ts';

/** Every container a deployment may have, by the end of its name. */
export const COMPONENTS = ['nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard'] as const;
export type Component = (typeof COMPONENTS)[number];

/** The containers that a deployment with these settings has. */
export function componentsOf(settings: Pick<Settings, 'BTCW_FRP_SERVER_ADDR' | 'BTCW_GUARD'>): Component[] {
  const absent = new Set<Component>();
  if (settings.BTCW_FRP_SERVER_ADDR) absent.add('frps');
  if (settings.BTCW_GUARD === 'off') absent.add('guard');
  return COMPONENTS.filter((component) => !absent.has(component));
}
