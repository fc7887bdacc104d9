/** Brings generated secrets back out of the configuration volumes of the deployment that runs with them. */
import { basename } from 'node:path';
import { exportedBy } from '../../stacks/render/start-script.ts';
import { secretsFolder } from '../../stacks/topology/secrets.ts';
import { configVolumeName, type Service } from '../../stacks/topology/service.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { type Folder, readFolder, readVolume } from '../docker/folder.ts';
import { inspect } from '../docker/inspect.ts';

/** A generated secret, and where a service has it. */
interface Place {
  readonly service: Service;
  /** In its configuration volume. */
  readonly path: string;
  /** The variable that has it, where the file is a start script. @default - the file holds the secret alone */
  readonly variable?: string;
  /** The file under `secrets/`. */
  readonly file: string;
}

/** Where generated secrets are: the files that a user's settings name are the user's to keep. */
export function placesOf({ project, services }: Topology, packageFolder: string): Place[] {
  const folder = `${secretsFolder(project, packageFolder)}/`;
  return services.flatMap((service) => {
    const { files = [], start } = service.config ?? {};
    const inFiles = files.flatMap((file) =>
      'secretFile' in file && file.secretFile.startsWith(folder) && file.path !== start?.path
        ? [{ service, path: file.path, file: file.secretFile }]
        : [],
    );
    const inScript = service.secretEnvironment.flatMap((source) =>
      start &&
      'secretFile' in source &&
      source.secretFile.startsWith(folder) &&
      !source.before &&
      !source.after
        ? [{ service, path: start.path, file: source.secretFile, variable: source.name }]
        : [],
    );
    return [...inFiles, ...inScript];
  });
}

async function readService(service: Service, image: string | undefined): Promise<Folder | undefined> {
  const { config, containerName } = service;
  if (!config) return undefined;
  const read = await readFolder(containerName, config.path);
  return read ?? (image ? readVolume(configVolumeName(service), image) : undefined);
}

/**
 * Reads the secrets that a deployment runs with.
 * @param containers ids of its containers: the image of one is enough to read a volume whose own container is gone
 * @param wanted which files under `secrets/`
 * @returns their contents by file; without those that cannot be read or are empty
 */
export async function readSecrets(
  topology: Topology,
  packageFolder: string,
  containers: readonly string[],
  wanted: (file: string) => boolean,
): Promise<ReadonlyMap<string, string>> {
  const places = placesOf(topology, packageFolder).filter(({ file }) => wanted(file));
  const [any] = await inspect('container', containers.slice(0, 1));
  const services = [...new Set(places.map(({ service }) => service))];
  const folders = new Map<Service, Folder | undefined>();
  for (const service of services) folders.set(service, await readService(service, any?.Image));
  const found = places.flatMap(({ service, path, file, variable }) => {
    const content = folders.get(service)?.get(path);
    const text = variable && content ? exportedBy(content, variable) : content;
    return text?.trim() ? [[file, text] as const] : [];
  });
  return new Map(found);
}

/** @example 'admin-password, jwt-secret' */
export const namesOf = (files: Iterable<string>): string =>
  [...files].map((file) => basename(file)).join(', ');
