/**
 * What a deployment will do to each container, in one line: the effect on those who are connected, what causes it, and
 * how long it lasts. Pure.
 */
import type { AbsentService } from '../../stacks/topology/topology.ts';
import type { ChangedSetting, Release } from '../deployment/releases.ts';
import type { Observation } from './observe.ts';

/** A change Terraform plans. */
export interface PlannedChange {
  readonly address: string;
  /** @example 'replace' */
  readonly action: string;
  readonly reason?: string;
}

/** What was deployed before, and what has changed since. */
export interface History {
  readonly settings: readonly ChangedSetting[];
  /** @default - nothing was kept */
  readonly release: Pick<Release, 'images' | 'names' | 'startSec'> | undefined;
  /** Where what runs was deployed from. @default - from this checkout */
  readonly origin?: string;
}

/** One row of the review. */
export interface Effect {
  readonly container: string;
  readonly effect: string;
  readonly because: readonly string[];
  /** Expected outage: what the container took last time, else as measured on a small machine. */
  readonly outage: string;
}

const OUTAGE = {
  create: 'until healthy, 3 to 5 s',
  restart: '2 to 4 s',
  down: 'it is down now',
  none: 'none',
  removed: 'for good',
} as const;

/** The strongest effect on one container. */
function effectOf(
  { service, addresses, differences, conflictingContainer }: Observation,
  changes: ReadonlyMap<string, PlannedChange>,
  startSec: number | undefined,
): Pick<Effect, 'effect' | 'outage'> | undefined {
  const action = changes.get(addresses.container)?.action;
  const configPlanned = addresses.config !== undefined && changes.has(addresses.config);
  const repairs = new Set(differences.map(({ repair }) => repair));
  const { disruption } = service;
  if (service.oneOff) {
    const isRun = action !== undefined || addresses.run === undefined || changes.has(addresses.run);
    const isAgain = conflictingContainer !== undefined || configPlanned || repairs.size > 0;
    return isRun || isAgain ? { effect: 'run to completion', outage: OUTAGE.none } : undefined;
  }
  if (action === 'create' && !conflictingContainer) return { effect: 'create', outage: OUTAGE.down };
  if (conflictingContainer || action === 'replace' || repairs.has('container')) {
    return {
      effect: `recreate (${disruption})`,
      outage: startSec ? `until healthy, ${startSec} s last time` : OUTAGE.create,
    };
  }
  if (differences.some(({ what }) => what === 'state')) return { effect: 'start', outage: OUTAGE.down };
  const onChange = configPlanned || repairs.has('config') ? service.config?.onChange : undefined;
  if (onChange === 'restart')
    return { effect: `restart (${disruption})`, outage: startSec ? `about ${startSec} s` : OUTAGE.restart };
  if (typeof onChange === 'object') return { effect: 'reload (sockets stay)', outage: OUTAGE.none };
  if (action || onChange || repairs.size > 0 || changes.has(addresses.limit)) {
    return { effect: 'update (nothing drops)', outage: OUTAGE.none };
  }
  return undefined;
}

const settingLine = ({ name, from, to }: ChangedSetting): string =>
  `${name}: ${from || 'unset'} → ${to || 'unset'}`;

/** Why: the settings and images that changed, else how the container was changed by hand. */
function causesOf(
  { service, addresses, image, differences, conflictingContainer }: Observation,
  changes: ReadonlyMap<string, PlannedChange>,
  { settings, release, origin }: History,
): string[] {
  // What differs from another checkout's deployment was changed by nobody's hand.
  if (origin && conflictingContainer) return [origin];
  const causes = settings.filter(({ name }) => service.reads.includes(name)).map(settingLine);
  const deployedImage = release?.images[service.name];
  if (deployedImage && deployedImage !== image) causes.push(`image: ${deployedImage} → ${image}`);
  if (conflictingContainer)
    causes.push('not in the state of this folder: made by hand, or by a run that was killed');
  // A setting or image that is about to change explains what differs; without one, somebody changed the container.
  if (causes.length === 0 || conflictingContainer) {
    causes.push(...differences.map(({ what, detail }) => `${what}: ${detail}`));
  }
  if (causes.length > 0) return causes;
  const change = changes.get(addresses.container);
  if (change?.action === 'create') return ['does not exist'];
  if (change?.reason === 'tainted') return ['the last deployment of it failed'];
  return ['a secret or something it depends on changed'];
}

/** The containers that are deployed and no longer declared. */
function removals(
  planned: readonly PlannedChange[],
  absent: readonly AbsentService[],
  project: string,
  { settings, release }: History,
): Effect[] {
  return planned
    .filter(({ address, action }) => address.startsWith('docker_container.') && action === 'delete')
    .map(({ address }) => {
      const container = release?.names?.[address] ?? address;
      const reads = absent.find(({ name }) => `${project}-${name}` === container)?.reads ?? [];
      const because = settings.filter(({ name }) => reads.includes(name)).map(settingLine);
      return {
        container,
        effect: 'remove',
        because: because.length > 0 ? because : ['no longer declared'],
        outage: OUTAGE.removed,
      };
    });
}

/** The review: a row for each container that something will happen to. */
export function effects(
  observations: readonly Observation[],
  planned: readonly PlannedChange[],
  history: History,
  { absent, project }: { readonly absent: readonly AbsentService[]; readonly project: string },
): Effect[] {
  const changes = new Map(planned.map((change) => [change.address, change]));
  const rows = observations.flatMap((observation) => {
    const effect = effectOf(
      observation,
      changes,
      history.release?.startSec?.[observation.service.containerName],
    );
    if (!effect) return [];
    const because = causesOf(observation, changes, history);
    return [{ container: observation.service.containerName, ...effect, because }];
  });
  return [...rows, ...removals(planned, absent, project, history)];
}

/**
 * What `terraform apply` is made to replace by `-replace`, since it cannot see that it differs.
 * @param planned what it will do by itself
 */
export function replacements(
  observations: readonly Observation[],
  planned: readonly PlannedChange[] = [],
): string[] {
  const plannedAddresses = new Set(planned.map(({ address }) => address));
  const needed = observations.flatMap(({ addresses, differences, conflictingContainer, unread }) => {
    // One that is not in the state will be created; only the container that has its name must go first.
    if (conflictingContainer) return [];
    if (unread) return [addresses.config];
    return differences.map(({ repair }) => {
      if (repair === 'config') return addresses.config;
      if (repair === 'limit') return addresses.limit;
      if (repair === 'run') return addresses.run;
      return repair === 'container' ? addresses.container : undefined;
    });
  });
  const unique = new Set(needed.filter((address) => address !== undefined));
  return [...unique].filter((address) => !plannedAddresses.has(address));
}
