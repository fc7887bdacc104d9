/** The volumes of a deployment. Those with data survive everything but `destroy --volumes`. */
import { createVolume } from '../../stacks/create-volume.ts';
import { labelsOf, SHARED } from '../../stacks/topology/labels.ts';
import { configVolumeName, holdsData } from '../../stacks/topology/service.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import { foreignVolumes } from '../docker/volumes.ts';
import { readState, volumesIn } from './state.ts';

/** A volume of a service. */
export interface DeclaredVolume {
  readonly service: string;
  readonly name: string;
}

/** Volumes that are mounted beside the configuration, each once. */
export function mountedVolumes({ services }: Pick<Topology, 'services'>): DeclaredVolume[] {
  const mounts = services.flatMap((service) =>
    service.volumes.map(({ name, shared, of = service.name }) => ({
      service: shared ? SHARED : of,
      name,
    })),
  );
  return [...new Map(mounts.map((volume) => [volume.name, volume])).values()];
}

/** Those with data. */
export const dataVolumes = (topology: Pick<Topology, 'services'>): DeclaredVolume[] =>
  mountedVolumes(topology).filter(({ name }) => holdsData(name));

/** Volumes whose content can be made again. */
export const configVolumes = ({ services }: Pick<Topology, 'services'>): DeclaredVolume[] =>
  services
    .filter(({ config }) => config)
    .map((service) => ({ service: service.name, name: configVolumeName(service) }));

/** Makes the mounted volumes that are missing: Docker would make them without labels. */
export async function ensureVolumes(topology: Topology): Promise<void> {
  const declared = mountedVolumes(topology);
  const present = await inspect(
    'volume',
    declared.map(({ name }) => name),
  );
  const missing = declared.filter(({ name }) => !present.some(({ Name }) => Name === name));
  await Promise.all(
    missing.map(({ service, name }) => docker(createVolume(name, labelsOf(topology.project, service)))),
  );
}

/**
 * What Terraform has to forget, lest it deletes it: volumes with data, volumes that are not this project's, and those
 * that it knows under another address than today's, which would be created anew and deleted, the same volume.
 * @param addresses today's addresses, by the name of the volume
 */
export async function volumesToForget(
  topology: Topology,
  addresses: ReadonlyMap<string, string>,
): Promise<string[]> {
  const managed = volumesIn(readState(topology.project));
  const foreign = await foreignVolumes(
    managed.map(({ name }) => name),
    topology.project,
  );
  return managed
    .filter(
      ({ name, address }) =>
        holdsData(name) || foreign.includes(name) || (addresses.get(name) ?? address) !== address,
    )
    .map(({ address }) => address);
}
