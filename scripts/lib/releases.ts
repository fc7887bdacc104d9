/**
 * What each good deployment was: its Terraform configuration and its settings, kept to compare with and to go back to.
 * Nothing in it is a secret; secrets stay the ones that are now.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { PlannedImages } from '../../stacks/images.ts';
import { SETTINGS, type SettingName, type Settings } from '../../stacks/settings.ts';
import type { ChangedSetting } from '../review/effects.ts';
import { root } from './project.ts';

const KEPT = 5;
const CONFIGURATION = 'cdk.tf.json';
const RECORD = 'release.json';

/** A deployment that became healthy. */
export interface Release {
  /** Its moment. @example '2026-11-22T18-03-11.000Z' */
  readonly id: string;
  readonly settings: Readonly<Partial<Record<SettingName, string>>>;
  /** Image tags by component. */
  readonly images: Readonly<Record<string, string>>;
}

const folderOf = (project: string): string => join(root, '.releases', project);

/** All kept releases of a project, oldest first. */
export function releases(project: string): Release[] {
  const folder = folderOf(project);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((id) => JSON.parse(readFileSync(join(folder, id, RECORD), 'utf8')) as Release);
}

export const lastRelease = (project: string): Release | undefined => releases(project).at(-1);

const asText = (settings: Settings): Release['settings'] =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value ?? '')]));

const imageTags = (images: PlannedImages): Record<string, string> =>
  Object.fromEntries(Object.entries(images).map(([key, image]) => [key, image.reference]));

/** Keeps what has just been deployed, unless it is what was deployed before. */
export function keepRelease(settings: Settings, images: PlannedImages, configuration: string): void {
  const project = settings.BTCW_PROJECT;
  const last = lastRelease(project);
  const text = readFileSync(join(configuration, CONFIGURATION), 'utf8');
  if (last && readFileSync(join(folderOf(project), last.id, CONFIGURATION), 'utf8') === text) return;
  const id = new Date().toISOString().replaceAll(':', '-');
  const folder = join(folderOf(project), id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, CONFIGURATION), text);
  const release: Release = { id, settings: asText(settings), images: imageTags(images) };
  writeFileSync(join(folder, RECORD), JSON.stringify(release, null, 2));
  for (const old of releases(project).slice(0, -KEPT)) dropRelease(project, old);
}

/** Forgets a release: it was gone back from, or is too old. */
export function dropRelease(project: string, release: Release): void {
  rmSync(join(folderOf(project), release.id), { recursive: true });
}

/** Puts a release's configuration where terraform runs. */
export function restoreConfiguration(project: string, release: Release, folder: string): void {
  copyFileSync(join(folderOf(project), release.id, CONFIGURATION), join(folder, CONFIGURATION));
}

/** The settings that differ from a release's. A setting that did not exist then had its default. */
export function changedSettings(release: Release | undefined, settings: Settings): ChangedSetting[] {
  if (!release) return [];
  const now = asText(settings);
  return (Object.keys(SETTINGS) as SettingName[]).flatMap((name) => {
    const from = release.settings[name] ?? SETTINGS[name].default;
    const to = now[name] ?? '';
    return from === to ? [] : [{ name, from, to }];
  });
}
