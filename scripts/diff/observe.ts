/** Gathers what is compared with the topology. Read-only: it starts nothing and writes nothing. */
import { existsSync } from 'node:fs';
import type { ServiceAddresses } from '../../stacks/stack.ts';
import type { ConfigFiles, Service } from '../../stacks/topology/service.ts';
import type { SynthesisedProject } from '../deployment/project.ts';
import { secretText } from '../deployment/secrets.ts';
import { idsIn, readState } from '../deployment/state.ts';
import { readFolder } from '../docker/folder.ts';
import { inspect, nameOf } from '../docker/inspect.ts';
import { compare, compareFiles, type Difference } from './drift.ts';

/** What should be in the volume; undefined for what a script makes out of another file. */
function declaredFiles(config: ConfigFiles): Map<string, string | undefined> {
  return new Map(
    config.files.map((file) => {
      if (file.path === config.start?.path) return [file.path, undefined];
      if ('content' in file) return [file.path, file.content];
      return [file.path, existsSync(file.secretFile) ? secretText(file) : undefined];
    }),
  );
}

/** A service, and how what runs differs from it. */
export interface Observation {
  readonly service: Service;
  readonly addresses: ServiceAddresses;
  /** Tag of its image. */
  readonly image: string;
  readonly differences: readonly Difference[];
  /** Id of a container that has the service's name but was not made by a deployment. */
  readonly conflictingContainer?: string;
  /** Whether its configuration cannot be compared, as the container it is read through is gone. */
  readonly unread?: boolean;
}

/** Compares every service with what the engine has. */
export async function gatherDrift({
  topology,
  images,
  synthesis,
}: SynthesisedProject): Promise<Observation[]> {
  const known = idsIn(readState(topology.project), 'docker_container');
  const tagOf = ({ name }: Service) => images.byService.get(name)?.reference ?? '';
  const names = topology.services.map(({ containerName }) => containerName);
  const ids = names.flatMap((name) => known.get(name) ?? []);
  const [containers, present] = await Promise.all([
    inspect('container', [...names, ...ids]),
    inspect('image', [...new Set(topology.services.map(tagOf))]),
  ]);
  const observations = topology.services.map(async (service): Promise<Observation> => {
    const { name, containerName, config } = service;
    const addresses = synthesis.addresses.get(name);
    if (!addresses) throw new Error(`The service "${name}" was not synthesised.`);
    const observation = { service, addresses, image: tagOf(service) };
    const knownId = known.get(containerName);
    const byName = containers.find((container) => nameOf(container) === containerName);
    const actual = containers.find(({ Id }) => Id === knownId) ?? byName;
    // Before the first deployment there is nothing to read, either.
    if (!actual) return { ...observation, differences: [], unread: known.has(containerName) };
    const image = present.find(({ RepoTags }) => RepoTags?.includes(observation.image));
    const files = config && (await readFolder(actual.Id, config.path));
    const differences = [
      ...compare({ project: topology.project, service, image: observation.image }, actual, image),
      ...(config ? compareFiles(files, declaredFiles(config)) : []),
    ];
    const conflicting = byName && byName.Id !== knownId ? byName.Id : undefined;
    return { ...observation, differences, ...(conflicting && { conflictingContainer: conflicting }) };
  });
  return (await Promise.all(observations)).sort((a, b) =>
    a.service.containerName.localeCompare(b.service.containerName),
  );
}
