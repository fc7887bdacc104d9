/**
 * What each good deployment was: its Terraform configuration and its settings, kept to compare with and to go back to.
 * Its secrets are kept with it by release-secrets.ts.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import {
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  type Settings,
} from '../../stacks/settings/definitions.ts';
import { localTime } from '../lib/text.ts';
import { root } from './host.ts';
import type { SynthesisedProject } from './project.ts';

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
  /** What resources are called for people, by their addresses. @default - not known: an earlier version kept it */
  readonly names?: Readonly<Record<string, string>>;
}

/** A setting that is not what was deployed. */
export interface ChangedSetting {
  readonly name: SettingName;
  readonly from: string;
  readonly to: string;
}

/** Where a release is kept. */
export const releaseFolder = (project: string, { id }: Pick<Release, 'id'>): string =>
  join(folderOf(project), id);

/** A release's moment, for people. @example '2026-11-22 18:03:11 GMT+8' */
export const releaseTime = ({ id }: Pick<Release, 'id'>): string =>
  localTime(id.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));

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

/** Keeps what has just been deployed, unless it is what was deployed before. */
export function keepRelease({ settings, images, synthesis }: SynthesisedProject): void {
  const project = settings.BTCW_PROJECT;
  const last = lastRelease(project);
  const text = readFileSync(join(synthesis.folder, CONFIGURATION), 'utf8');
  if (last && readFileSync(join(folderOf(project), last.id, CONFIGURATION), 'utf8') === text) return;
  const id = new Date().toISOString().replaceAll(':', '-');
  const folder = join(folderOf(project), id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, CONFIGURATION), text);
  const release: Release = {
    id,
    settings: asText(settings),
    images: Object.fromEntries([...images.byService].map(([name, { reference }]) => [name, reference])),
    names: Object.fromEntries(synthesis.names),
  };
  writeFileSync(join(folder, RECORD), JSON.stringify(release, null, 2));
  for (const old of releases(project).slice(0, -KEPT)) dropRelease(project, old);
}

/** Forgets a release: it was gone back from, or is too old. */
export function dropRelease(project: string, release: Release): void {
  rmSync(join(folderOf(project), release.id), { recursive: true });
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
  const kept = readFileSync(join(folderOf(project), release.id, CONFIGURATION), 'utf8');
  const target = join(folder, CONFIGURATION);
  writeFileSync(target, relocated(kept, readFileSync(target, 'utf8'), root));
}

/** The settings that differ from a release's. A setting that did not exist then had its default. */
export function changedSettings(release: Release | undefined, settings: Settings): ChangedSetting[] {
  if (!release) return [];
  const now = asText(settings);
  return SETTING_NAMES.flatMap((name) => {
    const from = release.settings[name] ?? SETTINGS[name].default;
    const to = now[name] ?? '';
    return from === to ? [] : [{ name, from, to }];
  });
}
