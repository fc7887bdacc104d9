/** What is on the engine and in Terraform's way: containers and networks that its state does not know. */
import { UserError } from '../../stacks/errors.mjs';
import { PROJECT_LABEL } from '../../stacks/topology/labels.ts';
import { idsIn, type ResourceType, readState, refuseWhileLocked } from '../deployment/state.ts';
import { inspect, nameOf, projectIds, removeObjects } from '../docker/inspect.ts';
import type { Observation } from './observe.ts';

/** Ids of what carries the project's label and is not in the state. */
export interface UnknownObjects {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
}

/**
 * Finds what was made by hand, or by a run that was killed before it could write it down.
 * @throws {UserError} while another run is at work: what it is just making is not in the state yet, either
 */
export async function findUnknownObjects(project: string): Promise<UnknownObjects> {
  const [containers, networks] = await Promise.all([
    projectIds('container', project),
    projectIds('network', project),
  ]);
  // In this order: a run that has ended since then has written down what was listed.
  refuseWhileLocked(project);
  const state = readState(project);
  const unknown = (ids: readonly string[], type: ResourceType) => {
    const known = new Set(idsIn(state, type).values());
    return ids.filter((id) => !known.has(id));
  };
  return {
    containers: unknown(containers, 'docker_container'),
    networks: unknown(networks, 'docker_network'),
  };
}

/** Removes them, so that Terraform can make them anew. Volumes stay: the provider takes them over by their names. */
export async function removeUnknownObjects({ containers, networks }: UnknownObjects): Promise<void> {
  await removeObjects('container', containers);
  await removeObjects('network', networks);
}

/** @throws {UserError} for a container that has the name of a service and is not of this project */
export async function refuseForeignContainers(
  observations: readonly Observation[],
  project: string,
): Promise<void> {
  const conflicting = observations.flatMap(({ conflictingContainer }) => conflictingContainer ?? []);
  const containers = await inspect('container', conflicting);
  const foreign = containers.find(({ Config }) => Config.Labels?.[PROJECT_LABEL] !== project);
  if (!foreign) return;
  const name = nameOf(foreign);
  throw new UserError(
    `A container named ${name} exists that is not of this deployment.`,
    `docker rm -f ${name}, or choose another BTCW_PROJECT.`,
  );
}
