/** What the last good deployment was made from. */
import type { Settings } from '../../../stacks/settings/definitions.ts';
import { type ChangedSetting, changedSettings, isDeployed, lastRelease } from '../../deployment/releases.ts';

export interface ReleaseFacts {
  /** Settings that differ from what is deployed. */
  readonly changed: readonly ChangedSetting[];
  /** Names of the services that are deployed. */
  readonly services: readonly string[];
}

/** @returns undefined where what is deployed is no release: never deployed, failed half-way, or by `npx cdktf deploy` */
export function gatherRelease(settings: Settings): ReleaseFacts | undefined {
  const release = lastRelease(settings.BTCW_PROJECT);
  if (!release || !isDeployed(settings.BTCW_PROJECT, release)) return undefined;
  return { changed: changedSettings(release, settings), services: Object.keys(release.images) };
}
