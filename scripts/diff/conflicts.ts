/** What is on the engine and in Terraform's way: containers and networks that its state does not know. */
import { idsIn, type ResourceType, readState, refuseWhileLocked } from '../deployment/state.ts';
import { projectIds, removeObjects } from '../docker/inspect.ts';

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
