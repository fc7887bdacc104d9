/** Takes a backup of what runs. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix, relative, resolve } from 'node:path';
import { constants, createGzip } from 'node:zlib';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { SETTING_NAMES, SETTINGS, type Settings } from '../../stacks/settings/definitions.ts';
import { baseImage } from '../../stacks/topology/image-source.ts';
import { secretsFolder } from '../../stacks/topology/secrets.ts';
import type { Service } from '../../stacks/topology/service.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { environmentBeside } from '../deployment/compose.ts';
import { root } from '../deployment/host.ts';
import type { Project } from '../deployment/project.ts';
import { ENV_FILE } from '../deployment/settings.ts';
import { dataVolumes } from '../deployment/volumes.ts';
import { docker } from '../docker/client.ts';
import { projectContainers } from '../docker/containers.ts';
import { inspect } from '../docker/inspect.ts';
import { ensureImages } from '../images/build.ts';
import { isAside } from '../lib/files.ts';
import { withScratch } from '../lib/scratch.ts';
import { ArchiveWriter } from './archive.ts';
import {
  type Database,
  databaseOf,
  dumpDatabase,
  dumpRedis,
  dumpRoles,
  isPostgres,
  postgresFacts,
  WithoutMark,
} from './databases.ts';
import type { Manifest } from './manifest.ts';
import { findSqlite, readVolumeFiles, whilePaused } from './volumes.ts';

const said = messages.backup.take;

/** A volume's name without the project's. @example 'backend-data' */
const withoutProject = (project: string, volume: string): string => volume.slice(project.length + 1);

/** The volume that a database's folder is in, and where in it. */
export function volumeAt(
  service: Pick<Service, 'volumes'>,
  folder: string,
): { readonly name: string; readonly folder: string } | undefined {
  const found = service.volumes.find(({ path }) => folder === path || folder.startsWith(`${path}/`));
  return found && { name: found.name, folder: posix.relative(found.path, folder) || '.' };
}

/** Adds one server's data. @returns the volume that need not be copied as it is */
async function addDatabase(
  archive: ArchiveWriter,
  database: Database,
  project: string,
): Promise<string | undefined> {
  const { service, kind, folder, owner } = database;
  const { name, containerName } = service;
  const volume = volumeAt(service, folder);
  const what = said.dumping(containerName);
  if (kind === 'redis') {
    // Without a volume its data is gone with its container, and would have no place to be put back to.
    if (!volume) return undefined;
    const place = { volume: withoutProject(project, volume.name), folder: volume.folder, owner };
    const member = { kind, path: `databases/${name}.rdb`, service: name, ...place } as const;
    const { args, input } = dumpRedis(service);
    await archive.addOutput(member, what, args, { input, through: [new WithoutMark()] });
    return volume.name;
  }
  const { version, databases } = await postgresFacts(service);
  const roles = { kind: 'postgres-roles', path: `databases/${name}-roles.sql`, service: name } as const;
  await archive.addOutput(roles, what, dumpRoles(service));
  for (const [index, dumped] of databases.entries()) {
    const member = {
      ...{ kind, path: `databases/${name}-${index + 1}.dump`, service: name, database: dumped, version },
      ...(volume && { volume: withoutProject(project, volume.name) }),
    } as const;
    await archive.addOutput(member, what, dumpDatabase(service, dumped));
  }
  return volume?.name;
}

interface LiveVolume {
  readonly volume: string;
  /** An image with a shell and tar. */
  readonly image: string;
  /** Services that run and mount it. */
  readonly writers: readonly Service[];
  readonly project: string;
}

/** Adds a volume's files. Those of a SQLite database have to be of one moment: its services are paused for it. @returns notes */
async function addVolume(
  archive: ArchiveWriter,
  { volume, image, writers, project }: LiveVolume,
): Promise<string[]> {
  const name = withoutProject(project, volume);
  const member = { kind: 'volume', path: `volumes/${name}.tar.gz`, volume: name } as const;
  const hasSqlite = (await docker(findSqlite(image, volume))) !== '';
  const paused = hasSqlite ? writers.map(({ containerName }) => containerName) : [];
  const through = [createGzip({ level: constants.Z_BEST_SPEED })];
  const moving = await whilePaused(paused, () =>
    archive.addOutput(member, said.copying(volume), readVolumeFiles(image, volume), { through }),
  );
  return moving.map((container) => said.notPaused(container, volume));
}

/** `.env`, the one beside the compose file, and all that settings name. */
function settingsFiles(settings: Settings): string[] {
  const named = SETTING_NAMES.flatMap((name) => {
    const value = settings[name];
    return 'path' in SETTINGS[name] && typeof value === 'string' ? [value] : [];
  });
  const { BTCW_COMPOSE_FILE: composeFile } = settings;
  const beside = composeFile ? [environmentBeside(composeFile)] : [];
  return [resolve(root, process.env[ENV_FILE] || '.env'), ...beside, ...named];
}

/** Files of the user's that services have their secrets from. @param generated folder of those that are none */
const filesOfServices = ({ services }: Topology, generated: string): string[] =>
  services
    .flatMap(({ secretEnvironment, config }) => [
      ...secretEnvironment.flatMap((source) => ('file' in source ? [source.file] : [])),
      ...(config?.files ?? []).flatMap((file) => ('secretFile' in file ? [file.secretFile] : [])),
    ])
    .filter((file) => !file.startsWith(generated));

/** Adds the secrets, and the files that settings are made of. */
async function addSettings(archive: ArchiveWriter, { settings, topology }: Project): Promise<void> {
  const folder = secretsFolder(settings.BTCW_PROJECT, root);
  // The id says which folder a deployment is of: that is the one it is restored from.
  const names = readdirSync(folder).filter((name) => !isAside(name) && name !== 'deployment-id');
  for (const name of names) {
    await archive.addFile({ kind: 'secret', path: `secrets/${name}`, name }, join(folder, name));
  }
  const files = new Set([...settingsFiles(settings), ...filesOfServices(topology, `${folder}/`)]);
  const present = [...files].filter((file) => existsSync(file) && statSync(file).isFile());
  for (const [index, file] of present.entries()) {
    const inside = relative(root, file);
    const target = inside.startsWith('..') ? file : inside;
    const mode = statSync(file).mode & 0o777;
    await archive.addFile({ kind: 'file', path: `files/${index + 1}`, target, mode }, file);
  }
}

const asText = (settings: Settings): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value ?? '')]));

const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

/** What else an archive says of itself. */
async function describe({
  settings,
}: Project): Promise<Omit<Manifest, 'format' | 'schemaVersion' | 'members'>> {
  return {
    project: settings.BTCW_PROJECT,
    time: new Date().toISOString(),
    versions: {
      package: packageVersion(),
      docker: await docker(['version', '--format', '{{.Server.Version}}']),
    },
    settings: asText(settings),
  };
}

/** The services whose container runs. */
async function running({ topology }: Project): Promise<Service[]> {
  const containers = await projectContainers(topology.project);
  const names = containers.filter(({ status }) => status === 'running').map(({ name }) => name);
  return topology.services.filter(({ containerName }) => names.includes(containerName));
}

/** An image with a shell and tar: the one that the others are built on. */
export async function helperImage({
  settings,
  images,
}: Pick<Project, 'settings' | 'images'>): Promise<string> {
  const { name } = baseImage(settings);
  const image = images.all.find((candidate) => candidate.name === name) ?? images.all[0];
  if (!image) throw new Error('No image is planned.');
  await ensureImages(images.all.slice(0, images.all.indexOf(image) + 1));
  return image.reference;
}

/** A server that runs has its files in use: copied, they would be no database. */
function requireAnswers(services: readonly Service[], found: readonly Database[]): void {
  const silent = services.filter(
    (service) => isPostgres(service) && !found.some((database) => database.service === service),
  );
  if (silent.length === 0) return;
  const names = silent.map(({ containerName }) => containerName);
  throw new UserError(said.noQueries(names.join(', ')), said.noQueriesFix(names[0] ?? ''));
}

export interface Taken {
  readonly manifest: Manifest;
  /** What is not as good as it could be, a line each. */
  readonly notes: readonly string[];
}

/**
 * Takes a backup of everything: databases as they are dumped, the other volumes' files, secrets and settings. Serving
 * goes on meanwhile.
 * @param file the archive, which does not exist yet
 */
export async function takeBackup(project: Project, file: string): Promise<Taken> {
  const { topology } = project;
  const notes: string[] = [];
  const services = await running(project);
  const found = (await Promise.all(services.map(databaseOf))).filter((database) => database !== undefined);
  requireAnswers(services, found);
  const image = await helperImage(project);
  const declared = [...new Set(dataVolumes(topology).map(({ name }) => name))];
  const present = (await inspect('volume', declared)).map(({ Name }) => Name);
  const manifest = await withScratch(`${file}.${process.pid}.tmp`, async (folder) => {
    const archive = new ArchiveWriter(folder);
    const dumped = new Set<string | undefined>();
    for (const database of found) dumped.add(await addDatabase(archive, database, topology.project));
    const writers = (volume: string) =>
      services.filter(({ volumes }) => volumes.some(({ name }) => name === volume));
    for (const volume of present.filter((name) => !dumped.has(name))) {
      const { project } = topology;
      notes.push(...(await addVolume(archive, { volume, image, writers: writers(volume), project })));
    }
    await addSettings(archive, project);
    return archive.write(file, await describe(project));
  });
  for (const service of topology.services) {
    for (const { source, writable } of service.binds) {
      if (writable) notes.push(said.hostFolder(source, service.name));
    }
  }
  return { manifest, notes };
}

/** Takes a backup of some PostgreSQL servers alone. */
export async function takeDump(project: Project, services: readonly Service[], file: string): Promise<void> {
  await withScratch(`${file}.${process.pid}.tmp`, async (folder) => {
    const archive = new ArchiveWriter(folder);
    for (const service of services) {
      const database = await databaseOf(service);
      if (database) await addDatabase(archive, database, project.topology.project);
    }
    await archive.write(file, await describe(project));
  });
}
