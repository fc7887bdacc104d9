/** Puts the data of an archive back into a deployment. */
import { join } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import { requireHealthy } from '../deployment/health.ts';
import type { SynthesisedProject } from '../deployment/project.ts';
import { apply, type TerraformEvent } from '../deployment/terraform.ts';
import { dataVolumes, ensureVolumes } from '../deployment/volumes.ts';
import { docker } from '../docker/client.ts';
import { projectIds, removeObjects } from '../docker/inspect.ts';
import { loadDatabase, loadRoles, requireVersion } from './databases.ts';
import { describeMember, type Manifest, membersOf, volumesOf } from './manifest.ts';
import { emptyVolume, fillRedis, fillVolume } from './volumes.ts';

const said = messages.backup.restore;

/** @throws {UserError} for data that the settings have no place for */
export function requirePlaces(manifest: Manifest, topology: Topology, file: string): void {
  if (manifest.project !== topology.project) {
    throw new UserError(
      said.otherProject(file, manifest.project, topology.project),
      said.otherProjectFix(manifest.project),
    );
  }
  const services = new Set(topology.services.map(({ name }) => name));
  const volumes = new Set(dataVolumes(topology).map(({ name }) => name));
  const homeless = manifest.members.filter(
    (member) =>
      ('service' in member && !services.has(member.service)) ||
      ('volume' in member && member.volume && !volumes.has(`${topology.project}-${member.volume}`)),
  );
  if (homeless.length === 0) return;
  throw new UserError(said.noPlace(file, homeless.map(describeMember).join(', ')), said.noPlaceFix);
}

/** Names of the services whose databases are loaded by their servers. */
const loadedBy = (manifest: Manifest): string[] => [
  ...new Set(membersOf(manifest, 'postgres').map(({ service }) => service)),
];

/** Fills the volumes. No container uses them. */
async function fillVolumes(manifest: Manifest, folder: string, image: string): Promise<void> {
  const nameOf = (volume: string) => `${manifest.project}-${volume}`;
  const filled = new Set<string>();
  for (const { path, volume } of membersOf(manifest, 'volume')) {
    await fillVolume(image, nameOf(volume), join(folder, path));
    filled.add(volume);
  }
  for (const { path, volume, ...place } of membersOf(manifest, 'redis')) {
    await fillRedis(image, nameOf(volume), place, join(folder, path));
    filled.add(volume);
  }
  for (const volume of volumesOf(manifest).filter((name) => !filled.has(name))) {
    await docker(emptyVolume(image, nameOf(volume)), { what: said.emptying(nameOf(volume)) });
  }
}

/** Loads databases into their servers, which run. */
async function loadDatabases(manifest: Manifest, folder: string, topology: Topology): Promise<void> {
  for (const { path, service } of membersOf(manifest, 'postgres-roles')) {
    await loadRoles(serviceNamed(topology, service), join(folder, path));
  }
  for (const { path, service, database, version } of membersOf(manifest, 'postgres')) {
    await requireVersion(serviceNamed(topology, service), version);
    await loadDatabase(serviceNamed(topology, service), database, join(folder, path));
  }
}

/**
 * Replaces data with an archive's: no container runs but the databases', until all of it is there.
 * @param folder of the unpacked archive
 * @param image with a shell and tar
 */
export async function restoreData(
  manifest: Manifest,
  folder: string,
  image: string,
  synthesised: SynthesisedProject,
  show: (event: TerraformEvent) => void,
): Promise<void> {
  const { topology, synthesis } = synthesised;
  // Terraform makes them anew.
  await removeObjects('container', await projectIds('container', topology.project));
  await ensureVolumes(topology);
  await fillVolumes(manifest, folder, image);
  const servers = loadedBy(manifest);
  if (servers.length === 0) return;
  const targets = servers.map((name) => `-target=${synthesis.addresses.get(name)?.container}`);
  await apply(synthesised, targets, show);
  await requireHealthy(topology.project);
  await loadDatabases(manifest, folder, topology);
}
