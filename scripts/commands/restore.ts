import { join } from 'node:path';
import { messages } from '../../messages/index.ts';
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
import { askOnTerminal } from '../lib/confirm.ts';
import { printJson } from '../lib/json.ts';
import { paint, secondsSince, table } from '../lib/report.ts';
import { withScratch } from '../lib/scratch.ts';
import { localTime } from '../lib/text.ts';
import { deploy } from './deploy.ts';

const { common, restore: said } = messages.commands;

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
  console.log(said.taken(project, localTime(time), versions.package));
  console.log(
    table(
      [said.content, common.size],
      members.map((member) => [describeMember(member), bytesText(member.size)]),
    ),
  );
}

const warn = (what: string): void => console.error(`${paint('yellow', '!')} ${what}`);

/** What is on this host and would be replaced, for people. */
async function overwritten(manifest: Manifest, folder: string): Promise<string[]> {
  const names = volumesOf(manifest).map((volume) => `${manifest.project}-${volume}`);
  const volumes = (await inspect('volume', names)).map(({ Name }) => said.volume(Name));
  const secrets = differingSecrets(manifest, folder).map((name) => said.secret(name));
  return [...volumes, ...secrets];
}

function confirmed(what: readonly string[]): Promise<boolean> {
  const ask = askOnTerminal();
  if (ask) return ask(said.question(what.join(', ')));
  throw new UserError(said.noTerminal(what.join(', ')), common.addYes);
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
    for (const target of files.differing) warn(said.fileDiffers(target));
    for (const { name, from, to } of changedSettings({ settings: manifest.settings }, settings)) {
      warn(said.settingDiffers(name, from, to));
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
  // Before a folder is made for it.
  await archiveManifest(file);
  await withScratch(join(root, '.backups', `restore-${process.pid}`), async (folder) => {
    const manifest = await unpackArchive(file, folder);
    if (!(await prepare(manifest, folder, file, options))) {
      console.log(common.nothingChanged);
      return;
    }
    const adopt = options.adopt ?? false;
    // Checked before any data is replaced.
    const before = await synthesiseProject({ changes: true, adopt });
    await preflight(before);
    await ensureImages(before.images.all);
    const postgres = await runningPostgres(before);
    if (postgres.length > 0) console.log(said.databasesKept(await keepDump(before, postgres)));
    placeSecrets(manifest, folder);
    const synthesised = await synthesiseProject({ changes: true, adopt });
    await markDeployment(synthesised.topology.project);
    const show = options.json ? () => {} : progress(synthesised.synthesis.names);
    const image = await helperImage(synthesised);
    try {
      await restoreData(manifest, folder, image, synthesised, show);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(said.partial(error.message), said.again(file));
    }
    await deploy({ ...options, backup: false });
    const restored = said.restored(localTime(manifest.time), secondsSince(startedMs));
    console.log(`${paint('green', '✓')} ${restored}`);
  });
}
