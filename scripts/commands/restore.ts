import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { UserError } from '../../stacks/errors.mjs';
import { archiveManifest, unpackArchive } from '../backup/archive.ts';
import { keepDump, runningPostgres } from '../backup/before-deploy.ts';
import {
  differingSecrets,
  type PlacedFiles,
  placeFiles,
  placeSecrets,
  removeFiles,
} from '../backup/files.ts';
import { describeMember, type Manifest, volumesOf } from '../backup/manifest.ts';
import { requirePlaces, restoreData } from '../backup/restore.ts';
import { helperImage } from '../backup/take.ts';
import { root } from '../deployment/host.ts';
import { markDeployment } from '../deployment/owner.ts';
import { preflight } from '../deployment/preflight.ts';
import { loadDeployment, synthesiseProject } from '../deployment/project.ts';
import { changedSettings } from '../deployment/releases.ts';
import { progress } from '../deployment/report.ts';
import { inspect } from '../docker/inspect.ts';
import { ensureImages } from '../images/build.ts';
import { bytesText } from '../lib/bytes.ts';
import { printJson } from '../lib/json.ts';
import { paint, secondsSince, table } from '../lib/report.ts';
import { withScratch } from '../lib/scratch.ts';
import { localTime } from '../lib/text.ts';
import { deploy } from './deploy.ts';

export interface RestoreOptions {
  readonly json?: boolean;
  /** Do not ask. */
  readonly yes?: boolean;
  /** Show what it holds, and change nothing. */
  readonly list?: boolean;
  /** Also over what another checkout has deployed. */
  readonly adopt?: boolean;
}

async function list(file: string, { json }: RestoreOptions): Promise<void> {
  const manifest = await archiveManifest(file);
  if (json) {
    printJson({ file, ...manifest });
    return;
  }
  const { project, time, versions, members } = manifest;
  console.log(`"${project}", ${localTime(time)}, by version ${versions.package}.`);
  console.log(
    table(
      ['content', 'size'],
      members.map((member) => [describeMember(member), bytesText(member.size)]),
    ),
  );
}

const warn = (what: string): void => console.error(`${paint('yellow', '!')} ${what}`);

/** What is on this host and would be replaced, for people. */
async function overwritten(manifest: Manifest, folder: string): Promise<string[]> {
  const names = volumesOf(manifest).map((volume) => `${manifest.project}-${volume}`);
  const volumes = (await inspect('volume', names)).map(({ Name }) => `volume ${Name}`);
  const secrets = differingSecrets(manifest, folder).map((name) => `secret ${name}`);
  return [...volumes, ...secrets];
}

async function confirmed(what: readonly string[]): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UserError(
      `This replaces ${what.join(', ')}; that has to be confirmed, and there is no terminal to ask on.`,
      'add --yes.',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`This replaces ${what.join(', ')}. Type "yes": `);
  terminal.close();
  return answer.trim() === 'yes';
}

/** @returns what would be done with a checked archive; undefined where the user does not want it */
async function prepare(
  manifest: Manifest,
  folder: string,
  file: string,
  { yes }: RestoreOptions,
): Promise<PlacedFiles | undefined> {
  const files = placeFiles(manifest, folder);
  try {
    const { settings, topology } = loadDeployment();
    requirePlaces(manifest, topology, file);
    for (const target of files.differing) warn(`${target} is not as in the backup: it stays as it is here.`);
    for (const { name, from, to } of changedSettings({ settings: manifest.settings }, settings)) {
      warn(`${name} was "${from}" and is "${to}": it stays as it is here.`);
    }
    const replaced = await overwritten(manifest, folder);
    if (replaced.length === 0 || yes || (await confirmed(replaced))) return files;
    removeFiles(files);
    return undefined;
  } catch (error) {
    removeFiles(files);
    throw error;
  }
}

/** Brings back what an archive holds, onto a host where nothing runs or over what runs, and deploys it. */
export async function restore(file: string, options: RestoreOptions): Promise<void> {
  if (options.list) return list(file, options);
  const startedMs = Date.now();
  await withScratch(join(root, '.backups', `restore-${process.pid}`), async (folder) => {
    const manifest = await unpackArchive(file, folder);
    if (!(await prepare(manifest, folder, file, options))) {
      console.log('Nothing was changed.');
      return;
    }
    const adopt = options.adopt ?? false;
    // Checked before any data is replaced.
    const before = await synthesiseProject({ changes: true, adopt });
    await preflight(before);
    await ensureImages(before.images.all);
    const postgres = await runningPostgres(before);
    if (postgres.length > 0)
      console.log(`What the databases hold is kept in ${await keepDump(before, postgres)}.`);
    placeSecrets(manifest, folder);
    const synthesised = await synthesiseProject({ changes: true, adopt });
    await markDeployment(synthesised.topology.project);
    const show = options.json ? () => {} : progress(synthesised.synthesis.names);
    const image = await helperImage(synthesised);
    try {
      await restoreData(manifest, folder, image, synthesised, show);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(
        `${error.message}\nThe data is replaced in part, and the applications are not started.`,
        `npm run restore -- ${file}, again.`,
      );
    }
    await deploy({ ...options, backup: false });
    console.log(
      `${paint('green', '✓')} Restored to ${localTime(manifest.time)}, in ${secondsSince(startedMs)}.`,
    );
  });
}
