/**
 * What a deployment will do to each container, in one line: the effect on those who are connected, what causes it, and
 * how long it lasts. Pure.
 */
import { messages } from '../../messages/index.ts';
import type { AbsentService } from '../../stacks/topology/topology.ts';
import type { ChangedSetting, Release } from '../deployment/releases.ts';
import { stampTime } from '../lib/text.ts';
import type { Observation } from './observe.ts';

const said = messages.diff.effects;

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
  readonly release: Pick<Release, 'images' | 'edition' | 'names' | 'startSec'> | undefined;
  /** Of the images, as they are to be. @default - they were never renewed */
  readonly edition?: string;
  /** Where what runs was deployed from. @default - from this checkout */
  readonly origin?: string;
}

/** What a deployment may do to a container. */
export type Action = 'create' | 'recreate' | 'restart' | 'start' | 'reload' | 'update' | 'run' | 'remove';

/** One row of the review. */
export interface Effect {
  readonly container: string;
  /** What is done to it, for programs. */
  readonly action: Action;
  /** The same for people, with what those notice who are connected. */
  readonly effect: string;
  readonly because: readonly string[];
  /** Expected outage: what the container took last time, else as measured on a small machine. */
  readonly outage: string;
}

/** The strongest effect on one container. */
function effectOf(
  { service, addresses, differences, conflictingContainer }: Observation,
  changes: ReadonlyMap<string, PlannedChange>,
  startSec: number | undefined,
): Pick<Effect, 'action' | 'effect' | 'outage'> | undefined {
  const { outage } = said;
  const planned = changes.get(addresses.container)?.action;
  const configPlanned = addresses.config !== undefined && changes.has(addresses.config);
  const repairs = new Set(differences.map(({ repair }) => repair));
  const { disruption } = service;
  if (service.oneOff) {
    const isRun = planned !== undefined || addresses.run === undefined || changes.has(addresses.run);
    const isAgain = conflictingContainer !== undefined || configPlanned || repairs.size > 0;
    return isRun || isAgain ? { action: 'run', effect: said.run, outage: outage.none } : undefined;
  }
  if (planned === 'create' && !conflictingContainer)
    return { action: 'create', effect: said.create, outage: outage.down };
  if (conflictingContainer || planned === 'replace' || repairs.has('container')) {
    const time = startSec ? outage.untilHealthyAsLast(startSec) : outage.create;
    return { action: 'recreate', effect: said.recreate(disruption), outage: time };
  }
  if (repairs.has('start')) return { action: 'start', effect: said.start, outage: outage.down };
  const onChange = configPlanned || repairs.has('config') ? service.config?.onChange : undefined;
  if (onChange === 'restart') {
    const time = startSec ? outage.restartAsLast(startSec) : outage.restart;
    return { action: 'restart', effect: said.restart(disruption), outage: time };
  }
  if (typeof onChange === 'object') return { action: 'reload', effect: said.reload, outage: outage.none };
  if (planned || onChange || repairs.size > 0 || changes.has(addresses.limit)) {
    return { action: 'update', effect: said.update, outage: outage.none };
  }
  return undefined;
}

const settingLine = ({ name, from, to }: ChangedSetting): string =>
  said.because.settingChanged(name, from || said.because.unset, to || said.because.unset);

/** Why: the settings and images that changed, else how the container was changed by hand. */
function causesOf(
  { service, addresses, image, differences, conflictingContainer }: Observation,
  changes: ReadonlyMap<string, PlannedChange>,
  { settings, release, origin, edition }: History,
): string[] {
  // What differs from another checkout's deployment was changed by nobody's hand.
  if (origin && conflictingContainer) return [origin];
  const causes = settings.filter(({ name }) => service.reads.includes(name)).map(settingLine);
  const deployedImage = release?.images[service.name];
  if (deployedImage && deployedImage !== image) {
    const { imageChanged, imageRenewed } = said.because;
    const isRenewed = edition !== undefined && edition !== release?.edition;
    causes.push(
      isRenewed ? imageRenewed(deployedImage, image, stampTime(edition)) : imageChanged(deployedImage, image),
    );
  }
  if (conflictingContainer) causes.push(said.because.conflicting);
  // A setting or image that is about to change explains what differs; without one, somebody changed the container.
  if (causes.length === 0 || conflictingContainer) {
    causes.push(...differences.map(({ what, detail }) => said.because.difference(what, detail)));
  }
  if (causes.length > 0) return causes;
  const change = changes.get(addresses.container);
  if (change?.action === 'create') return [said.because.missing];
  if (change?.reason === 'tainted') return [said.because.lastFailed];
  return [said.because.dependency];
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
        action: 'remove' as const,
        effect: said.remove,
        because: because.length > 0 ? because : [said.because.notDeclared],
        outage: said.outage.forGood,
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
 * What `terraform apply` is made to replace by `-replace`, since it does not notice that it differs.
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
