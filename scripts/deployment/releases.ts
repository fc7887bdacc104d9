/**
 * What each good deployment was: its Terraform configuration and its settings, kept to compare with and to go back to.
 * Its secrets are kept with it by release-secrets.ts.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { messages } from '../../messages/index.ts';
import {
  type Definition,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  type Settings,
} from '../../stacks/settings/definitions.ts';
import { asideOf, flushFolder, isAside, writeFileAtomically } from '../lib/files.ts';
import { stampTime, timestamp } from '../lib/text.ts';
import { root } from './host.ts';
import type { SynthesisedProject } from './project.ts';
import { stateSerial } from './state.ts';

const { files, releases: said } = messages.deployment;

const KEPT = 5;
const CONFIGURATION = 'cdk.tf.json';
const RECORD = 'release.json';

/** A deployment that became healthy. */
export interface Release {
  /** Its moment. @example '2026-11-22T18-03-11.000Z' */
  readonly id: string;
  readonly settings: Readonly<Partial<Record<SettingName, string>>>;
  /** Image tags by service. */
  readonly images: Readonly<Record<string, string>>;
  /** Edition of its images. @default - they were never renewed */
  readonly edition?: string;
  /** Names of its containers, by their addresses. @default - not known: an earlier version kept it */
  readonly names?: Readonly<Record<string, string>>;
  /** Seconds that containers took until they were healthy, when they were last made, by name. @default - not known */
  readonly startSec?: Readonly<Record<string, number>>;
  /** Terraform's number of the state that it left. @default - not known: an earlier version kept it */
  readonly serial?: number;
}

/** A setting that is not what was deployed. */
export interface ChangedSetting {
  readonly name: SettingName;
  readonly from: string;
  readonly to: string;
}

/** Where a release is kept. */
export const releaseFolder = (project: string, { id }: Pick<Release, 'id'>): string =>
  join(releasesFolder(project), id);

/** A release's moment, for people. @example '2026-11-22 18:03:11 GMT+8' */
export const releaseTime = ({ id }: Pick<Release, 'id'>): string => stampTime(id);

/** Where those of a project are kept. */
export const releasesFolder = (project: string): string => join(root, '.releases', project);

interface ReleaseOnDisk {
  readonly release: Release;
  readonly configuration: string;
}

/** Whether it is a record of which every value is of one type. */
const isRecordOf = (type: 'string' | 'number', record: unknown): boolean =>
  typeof record === 'object' &&
  record !== null &&
  Object.values(record).every((value) => typeof value === type);

const isRelease = (record: unknown): record is Release => {
  const { settings, images, names = {}, startSec = {}, serial = 0 } = (record ?? {}) as Partial<Release>;
  const texts = [settings, images, names].every((part) => isRecordOf('string', part));
  return texts && isRecordOf('number', startSec) && typeof serial === 'number';
};

const isConfiguration = (value: unknown): value is Configuration =>
  typeof (value as Configuration | null)?.terraform?.backend?.local?.path === 'string';

/** @throws {Error} whose message follows the file's path */
function readJson(path: string): { readonly text: string; readonly value: unknown } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new Error(files.missing);
  }
  if (text.trim() === '') throw new Error(files.empty);
  try {
    return { text, value: JSON.parse(text) };
  } catch {
    throw new Error(files.damaged);
  }
}

/** Broken releases that were warned of: once is enough. */
const warnedOf = new Set<string>();

/** @returns undefined, after a warning, for one that is broken */
function readRelease(project: string, id: string): ReleaseOnDisk | undefined {
  let file = RECORD;
  try {
    const { value } = readJson(join(releasesFolder(project), id, file));
    if (!isRelease(value)) throw new Error(said.noRelease);
    file = CONFIGURATION;
    const configuration = readJson(join(releasesFolder(project), id, file));
    if (!isConfiguration(configuration.value)) throw new Error(files.damaged);
    return { release: { ...value, id }, configuration: configuration.text };
  } catch (error) {
    const path = join('.releases', project, id, file);
    if (!warnedOf.has(path)) console.error(`! ${said.skipped(path, (error as Error).message)}`);
    warnedOf.add(path);
    return undefined;
  }
}

/** Those that can be gone back to, oldest first. */
function readReleases(project: string): ReleaseOnDisk[] {
  const folder = releasesFolder(project);
  const ids = existsSync(folder) ? readdirSync(folder).filter((name) => !isAside(name)) : [];
  return ids.sort().flatMap((id) => readRelease(project, id) ?? []);
}

/** The kept releases of a project that can be gone back to, oldest first. */
export const releases = (project: string): Release[] => readReleases(project).map(({ release }) => release);

export const lastRelease = (project: string): Release | undefined => releases(project).at(-1);

/** What a setting is where it is not set, as far as that follows from other settings. */
const derived = ({ find }: Definition, settings: Settings): string | undefined =>
  find?.({ resolve: (path) => path, stat: () => undefined, read: () => undefined }, settings);

/** A setting's value, with a path in this checkout as seen from there: a checkout can be moved. */
const movable = (name: SettingName, text: string): string =>
  'path' in SETTINGS[name] && text.startsWith(`${root}/`) ? text.slice(root.length + 1) : text;

/** As they are kept and shown: without what may be a key, and what only follows from others is not set. */
const asText = (settings: Settings): Release['settings'] =>
  Object.fromEntries(
    SETTING_NAMES.map((name) => {
      const text = movable(name, String(settings[name] ?? ''));
      const definition: Definition = SETTINGS[name];
      if (text === derived(definition, settings)) return [name, ''];
      return [name, definition.secretQuery ? text.replace(/\?.*/, '?…') : text];
    }),
  );

/** The other resources are called by texts in one language, which a record must not hold. */
const isContainer = (address: string): boolean => address.startsWith('docker_container.');

/** Writes a release in a folder aside, so that it is there as a whole or not at all. */
function writeRelease(project: string, release: Release, configuration: string): void {
  const folder = join(releasesFolder(project), release.id);
  const aside = asideOf(folder);
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  writeFileAtomically(join(aside, CONFIGURATION), configuration);
  writeFileAtomically(join(aside, RECORD), JSON.stringify(release, null, 2));
  renameSync(aside, folder);
  flushFolder(releasesFolder(project));
}

/** With the number of the state that is there now. */
function withSerial(project: string, release: Release): Release {
  const serial = stateSerial(project);
  return { ...release, ...(serial !== undefined && { serial }) };
}

/** Writes down that a kept release is what runs now: it was deployed again, or gone back to. */
export const markDeployed = (project: string, release: Release): void =>
  writeFileAtomically(
    join(releasesFolder(project), release.id, RECORD),
    JSON.stringify(withSerial(project, release), null, 2),
  );

/** Whether the state is still the one that a release left: `npx cdktf deploy` keeps none, nor does a failed deploy. */
export const isDeployed = (project: string, { serial }: Release): boolean =>
  serial !== undefined && serial === stateSerial(project);

/** Keeps what has just been deployed. Removes what is too old, or broken. @param took seconds of the containers made */
export function keepRelease(
  { settings, images, synthesis }: SynthesisedProject,
  took: Readonly<Record<string, number>> = {},
): void {
  const project = settings.BTCW_PROJECT;
  const kept = readReleases(project);
  const ids = kept.map(({ release }) => release.id);
  const configuration = readFileSync(join(synthesis.folder, CONFIGURATION), 'utf8');
  const last = kept.at(-1);
  const startSec = { ...last?.release.startSec, ...took };
  if (last?.configuration === configuration) {
    markDeployed(project, { ...last.release, settings: asText(settings), startSec });
  } else {
    const id = timestamp();
    const tags = [...images.byService].map(([name, { reference }]) => [name, reference]);
    const names = Object.fromEntries([...synthesis.names].filter(([address]) => isContainer(address)));
    const release = {
      ...{ id, settings: asText(settings), images: Object.fromEntries(tags), names, startSec },
      ...(images.edition && { edition: images.edition }),
    };
    writeRelease(project, withSerial(project, release), configuration);
    ids.push(id);
  }
  const stay = ids.slice(-KEPT);
  for (const name of readdirSync(releasesFolder(project))) {
    if (!stay.includes(name) && !isAside(name))
      rmSync(join(releasesFolder(project), name), { recursive: true });
  }
}

/** Forgets a release: it was gone back from, or is too old. */
export function dropRelease(project: string, release: Release): void {
  rmSync(join(releasesFolder(project), release.id), { recursive: true, force: true });
}

/** The part of a configuration that says where the state is. */
interface Configuration {
  readonly terraform: { readonly backend: { readonly local: { path: string } } };
}

/**
 * A kept configuration as it applies here. Earlier versions kept the absolute path of the checkout, which may have been
 * moved since.
 * @param current what is synthesised now
 */
export function relocated(kept: string, current: string, here: string): string {
  const { path } = (JSON.parse(kept) as Configuration).terraform.backend.local;
  const text = isAbsolute(path)
    ? kept.replaceAll(`${dirname(path)}"`, `${here}"`).replaceAll(`${dirname(path)}/`, `${here}/`)
    : kept;
  const configuration = JSON.parse(text) as Configuration;
  configuration.terraform.backend.local.path = (
    JSON.parse(current) as Configuration
  ).terraform.backend.local.path;
  return JSON.stringify(configuration, null, 2);
}

/** Puts a release's configuration where terraform runs. */
export function restoreConfiguration(project: string, release: Release, folder: string): void {
  const kept = readFileSync(join(releasesFolder(project), release.id, CONFIGURATION), 'utf8');
  const target = join(folder, CONFIGURATION);
  writeFileAtomically(target, relocated(kept, readFileSync(target, 'utf8'), root));
}

/** The settings that differ from a release's. A setting that did not exist then had its default. */
export function changedSettings(
  release: Pick<Release, 'settings'> | undefined,
  settings: Settings,
): ChangedSetting[] {
  if (!release) return [];
  const now = asText(settings);
  return SETTING_NAMES.flatMap((name) => {
    // Earlier versions kept the absolute path.
    const from = movable(name, release.settings[name] ?? SETTINGS[name].default);
    const to = now[name] ?? '';
    return from === to ? [] : [{ name, from, to }];
  });
}
