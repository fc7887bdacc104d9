/** Whose a running deployment is: this checkout's, or another's that has the same project name. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messages } from '../../messages/index.ts';
import { createVolume } from '../../stacks/create-volume.ts';
import { UserError } from '../../stacks/errors.mjs';
import { DEPLOYMENT_LABEL, FOLDER_LABEL, MARKER_LABEL, TIME_LABEL } from '../../stacks/topology/labels.ts';
import { docker } from '../docker/client.ts';
import { inspect, projectIds } from '../docker/inspect.ts';
import { localTime } from '../lib/text.ts';
import { healthApiOf, root } from './host.ts';
import { deploymentId, ensureDeploymentId } from './secrets.ts';
import { idsIn, readState } from './state.ts';

const said = messages.deployment.owner;

/** What a deployment leaves on the engine of itself: labels of an empty volume, which cost no container anything. */
export interface Marker {
  readonly id: string;
  /** Folder it was deployed from. */
  readonly folder: string;
  /** ISO. */
  readonly deployedAt: string;
}

export interface Ownership {
  /** `nobody`: no container of the project exists. */
  readonly owner: 'nobody' | 'us' | 'another';
  /** @default - none: an earlier version deployed it, or nobody did */
  readonly marker?: Marker;
  /** Ids of the project's containers. */
  readonly containers: readonly string[];
  /** The API that their health checks are timed for. @default - none has any of ours */
  readonly healthApi?: string | undefined;
}

interface OwnershipFacts {
  readonly containers: readonly string[];
  /** Ids of containers that the state of this checkout knows. */
  readonly known: readonly string[];
  readonly marker: Marker | undefined;
  /** Id of this checkout; undefined before its first deployment, and where its secrets are lost. */
  readonly id: string | undefined;
}

/**
 * Decides whose it is. The state file outweighs the marker only where it knows every container: what another checkout
 * has begun to take over is partly unknown to the first.
 */
export function ownerOf({ containers, known, marker, id }: OwnershipFacts): Ownership['owner'] {
  if (containers.length === 0) return 'nobody';
  const ours = containers.filter((container) => known.includes(container)).length;
  if (ours === containers.length) return 'us';
  if (marker && id) return marker.id === id ? 'us' : 'another';
  return ours > 0 ? 'us' : 'another';
}

/** Its end is that of volumes without data. */
const markerName = (project: string): string => `${project}-deployment-config`;

async function readMarker(project: string): Promise<Marker | undefined> {
  const [volume] = await inspect('volume', [markerName(project)]);
  const labels = volume?.Labels;
  const id = labels?.[DEPLOYMENT_LABEL];
  if (!id || labels?.[MARKER_LABEL] !== project) return undefined;
  return { id, folder: labels[FOLDER_LABEL] ?? '', deployedAt: labels[TIME_LABEL] ?? '' };
}

/** @throws {UserError} where Docker does not answer */
export async function gatherOwnership(project: string): Promise<Ownership> {
  const [ids, marker] = await Promise.all([projectIds('container', project), readMarker(project)]);
  const inspected = await inspect('container', ids);
  const containers = inspected.map(({ Id }) => Id);
  const known = [...idsIn(readState(project), 'docker_container').values()];
  const owner = ownerOf({ containers, known, marker, id: deploymentId(project, root) });
  return { owner, containers, healthApi: healthApiOf(inspected), ...(marker && { marker }) };
}

/** Removes the marker, where it is one. */
export async function removeMarker(project: string): Promise<void> {
  if (await readMarker(project)) await docker(['volume', 'rm', '--force', markerName(project)]);
}

/** Says on the engine that the project is this checkout's, since when: before anything changes, lest a failure leaves doubt. */
export async function markDeployment(project: string): Promise<void> {
  const id = ensureDeploymentId(project, root);
  const marker = await readMarker(project);
  if (marker?.id === id && marker.folder === root) return;
  await removeMarker(project);
  const labels = {
    [DEPLOYMENT_LABEL]: id,
    [MARKER_LABEL]: project,
    [FOLDER_LABEL]: root,
    [TIME_LABEL]: new Date().toISOString(),
  };
  await docker(createVolume(markerName(project), labels));
}

/** @example 'deployed from /home/me/btc-watcher on 2026-11-25 18:03:11 GMT+8' */
export const originOf = ({ marker }: Pick<Ownership, 'marker'>): string =>
  marker ? said.origin(marker.folder, localTime(marker.deployedAt)) : said.unknownOrigin;

/**
 * What is said instead of taking over what another checkout runs.
 * @param here folder of this checkout
 * @param isThere whether a folder exists
 */
export function foreignError(
  project: string,
  ownership: Pick<Ownership, 'marker'>,
  here: string,
  isThere: (folder: string) => boolean = existsSync,
): UserError {
  const { marker } = ownership;
  const { adopt } = said;
  if (!marker) return new UserError(said.unknown(project), said.unknownFix(adopt));
  const { folder } = marker;
  const when = localTime(marker.deployedAt);
  if (folder === here) return new UserError(said.stateGone(project, folder, when), adopt);
  if (!isThere(join(folder, 'package.json'))) {
    return new UserError(said.folderGone(project, folder, when), adopt);
  }
  return new UserError(said.elsewhere(project, folder, when), said.elsewhereFix(folder, adopt));
}
