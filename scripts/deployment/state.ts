/**
 * Terraform's state of a project: the only reader of it. Terraform writes its state in place
 * (https://github.com/hashicorp/terraform/issues/34266), so that a crash can leave it empty or cut short: the last good
 * ones are kept aside, and a broken one is restored from them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { PROJECT_LABEL } from '../../stacks/topology/labels.ts';
import { createFileAtomically, isAside, writeFileAtomically } from '../lib/files.ts';
import { isWriteLocked } from '../lib/locks.ts';
import { localTime, timestamp } from '../lib/text.ts';
import { root } from './host.ts';

const { files, state: said } = messages.deployment;

const BACKUPS_KEPT = 10;
const BACKUP_MODE = 0o600;
/** Between the two readings that have to agree before a state counts as broken. */
const SECOND_READING_MS = 200;

export type ResourceType = 'docker_container' | 'docker_network';

interface Resource {
  readonly type: string;
  readonly name?: string;
  /** What a provider keeps is not checked when a state is read. */
  readonly instances: readonly ({ readonly attributes?: Readonly<Record<string, unknown>> | null } | null)[];
}

/** Terraform's state, version 4: the fields that are read here. */
export interface State {
  /** Grows with each change. */
  readonly serial?: number;
  readonly resources: readonly Resource[];
}

/** A state file as it was found. */
export type StateReading =
  | { readonly kind: 'missing' }
  | { readonly kind: 'good'; readonly text: string; readonly state: State }
  /** `problem` follows the file's name. @example 'is empty' */
  | { readonly kind: 'broken'; readonly text: string; readonly problem: string };

/** Where states are looked for. */
export interface Place {
  /** Holds the state, and the folder of its backups. */
  readonly folder: string;
  /** Holds the kernel's tables. */
  readonly proc: string;
}

const HERE: Place = { folder: root, proc: '/proc' };

export const stateFile = (project: string, { folder } = HERE): string =>
  join(folder, `terraform.${project}.tfstate`);

const backupFolder = (project: string, { folder }: Place): string => join(folder, '.state-backups', project);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const attributesOf = ({ resources }: State, type: ResourceType | 'docker_volume') =>
  resources
    .filter((resource) => resource.type === type)
    .flatMap(({ name, instances }) =>
      instances.map((instance) => ({ resource: textOf(name), attributes: instance?.attributes ?? {} })),
    )
    .map(({ resource, attributes: { id, name, labels } }) => ({
      resource,
      id: textOf(id),
      name: textOf(name),
      labels: (Array.isArray(labels) ? labels : []) as ({ label?: unknown; value?: unknown } | null)[],
    }));

/** The ids that a state has of the engine's objects, by name. */
export function idsIn(state: State | undefined, type: ResourceType): Map<string, string> {
  const all = state ? attributesOf(state, type) : [];
  return new Map(all.filter(({ name, id }) => name && id).map(({ name, id }) => [name, id]));
}

/** A volume that Terraform manages. */
export interface ManagedVolume {
  /** @example 'docker_volume.Gateway_Config_Storage_Volume_7CEF2B71' */
  readonly address: string;
  readonly name: string;
}

/** The volumes in a state. */
export const volumesIn = (state: State | undefined): ManagedVolume[] =>
  (state ? attributesOf(state, 'docker_volume') : []).map(({ resource, name }) => ({
    address: `docker_volume.${resource}`,
    name,
  }));

/** The project that a state is of, where it is another than this one. */
function otherProject(state: State, project: string): string | undefined {
  const projects = attributesOf(state, 'docker_container').map(({ name, labels }) => {
    const labelled = textOf(labels.find((label) => label?.label === PROJECT_LABEL)?.value);
    return labelled || (name.startsWith(`${project}-`) ? project : name);
  });
  return projects.includes(project) ? undefined : projects[0];
}

const isState = (value: unknown): value is State => {
  const resources = (value as Partial<State> | null)?.resources;
  return Array.isArray(resources) && resources.every((resource) => Array.isArray(resource?.instances));
};

/** Judges what a state file holds. */
export function judgeState(text: string, project: string): Exclude<StateReading, { kind: 'missing' }> {
  const broken = (problem: string) => ({ kind: 'broken', text, problem }) as const;
  if (text.trim() === '') return broken(files.empty);
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return broken(files.damaged);
  }
  if (!isState(state)) return broken(said.noState);
  const other = otherProject(state, project);
  return other === undefined ? { kind: 'good', text, state } : broken(said.otherProject(other));
}

function readNow(path: string, project: string): StateReading {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'missing' };
    throw new UserError(said.unreadable(path, (error as Error).message));
  }
  return judgeState(text, project);
}

/** The serial number of a project's state; undefined where there is no good one. */
export function stateSerial(project: string, place = HERE): number | undefined {
  const reading = readNow(stateFile(project, place), project);
  return reading.kind === 'good' ? reading.state.serial : undefined;
}

const lockInfoFile = (path: string): string => join(path, '..', `.${basename(path)}.lock.info`);

/** Whether a run is at work on the state. Terraform holds an fcntl lock on it; its note of it stays after a crash. */
export function isLocked(project: string, place = HERE): boolean {
  const path = stateFile(project, place);
  return isWriteLocked(path, place.proc) ?? existsSync(lockInfoFile(path));
}

/** @param holder who holds the lock @default - as Terraform noted it */
export function lockedError(project: string, holder = noteOfLock(stateFile(project))): UserError {
  return new UserError(said.locked(project, holder), said.lockedFix);
}

/** What Terraform notes of who holds a lock. */
export interface LockNote {
  readonly Operation?: string | undefined;
  readonly Who?: string | undefined;
  readonly Created?: string | undefined;
}

/** @example '"apply" by me@host, since 2026-11-28 18:28:17 UTC' */
export function holderText({ Operation = 'operation', Who, Created }: LockNote): string {
  const operation = Operation.replace('OperationType', '').toLowerCase();
  const since = Created ? localTime(Created.replace(/\.\d+/, '')) : said.aMomentAgo;
  return said.holder(operation, Who ?? said.someone, since);
}

function noteOfLock(path: string): string {
  try {
    return holderText(JSON.parse(readFileSync(lockInfoFile(path), 'utf8')) as LockNote);
  } catch {
    return 'terraform';
  }
}

/** @throws {UserError} while another run is at work on the state */
export function refuseWhileLocked(project: string): void {
  if (isLocked(project)) throw lockedError(project);
}

/**
 * The state as it is now.
 * @returns undefined where there is none yet
 * @throws {UserError} when it is broken, or being written by another run
 */
export function readState(project: string, place = HERE): State | undefined {
  const path = stateFile(project, place);
  const reading = readNow(path, project);
  if (reading.kind === 'good') return reading.state;
  if (reading.kind === 'missing') return undefined;
  if (!isLocked(project, place)) {
    throw new UserError(said.broken(basename(path), reading.problem), said.brokenFix);
  }
  // A first run makes the file when it locks it, and fills it later.
  if (reading.text === '') return undefined;
  throw lockedError(project);
}

/** Reads a state twice before it says that it is broken. @returns undefined while a run is at work on it */
export async function examineState(project: string, place = HERE): Promise<StateReading | undefined> {
  const path = stateFile(project, place);
  const first = readNow(path, project);
  if (first.kind !== 'broken') return first;
  if (isLocked(project, place)) return undefined;
  await pause(SECOND_READING_MS);
  const second = readNow(path, project);
  if (second.kind !== 'broken') return second;
  return second.text === first.text && !isLocked(project, place) ? second : undefined;
}

/** Oldest first. */
function backupsOf(project: string, place: Place): string[] {
  const folder = backupFolder(project, place);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith('.tfstate'))
    .sort()
    .map((name) => join(folder, name));
}

/** Keeps a copy of the state, if it is good and not the one that was kept last. */
export function backUpState(project: string, place = HERE): void {
  if (isLocked(project, place)) return;
  const reading = readNow(stateFile(project, place), project);
  if (reading.kind !== 'good') return;
  const backups = backupsOf(project, place);
  const newest = backups.at(-1);
  if (newest && readFileSync(newest, 'utf8') === reading.text) return;
  const folder = backupFolder(project, place);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder).filter(isAside)) rmSync(join(folder, name), { force: true });
  const copy = join(folder, `${timestamp()}.tfstate`);
  writeFileAtomically(copy, reading.text, BACKUP_MODE);
  for (const old of [...backups, copy].slice(0, -BACKUPS_KEPT)) rmSync(old, { force: true });
}

/** The newest good backup: ours, or Terraform's own of before its last run where that is newer. */
function newestBackup(project: string, place: Place): { path: string; text: string } | undefined {
  const terraforms = `${stateFile(project, place)}.backup`;
  const changedMs = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // Newest first also where their times are the same, as a kernel's clock is coarse.
  const ours = backupsOf(project, place).reverse();
  const candidates = [...ours, terraforms].sort((a, b) => changedMs(b) - changedMs(a));
  for (const path of candidates) {
    const reading = readNow(path, project);
    if (reading.kind === 'good') return { path, text: reading.text };
  }
  return undefined;
}

/**
 * Moves a broken state out of the way.
 * @returns its new name; undefined where another command has just done so
 */
function setAside(project: string, place: Place): string | undefined {
  const path = stateFile(project, place);
  if (readNow(path, project).kind !== 'broken') return undefined;
  const aside = `${path}.broken-${timestamp()}`;
  renameSync(path, aside);
  if (isWriteLocked(aside, place.proc)) {
    // Another run has begun in this moment, and goes on with the file that it has locked.
    renameSync(aside, path);
    throw lockedError(project);
  }
  return basename(aside);
}

/** @param backup what it is restored from @param aside where the broken one is kept */
function restoredText(file: string, problem: string, backup: string | undefined, aside = ''): string {
  if (!backup) return said.noBackup(file, problem, aside);
  return aside ? said.restoredBroken(file, problem, backup, aside) : said.restored(file, problem, backup);
}

/**
 * Restores a state that is broken, or is missing although there are backups of it, and says so in one line. A broken one
 * is kept under another name.
 * @throws {UserError} while another run is at work on the state
 */
export async function ensureState(project: string, place = HERE): Promise<void> {
  const path = stateFile(project, place);
  const reading = await examineState(project, place);
  if (!reading || isWriteLocked(path, place.proc)) throw lockedError(project);
  if (reading.kind === 'good') return;
  const backup = newestBackup(project, place);
  if (reading.kind === 'missing' && !backup) return;
  const aside = reading.kind === 'broken' ? setAside(project, place) : undefined;
  if (reading.kind === 'broken' && !aside) return;
  const problem = reading.kind === 'broken' ? reading.problem : files.missing;
  if (backup) createFileAtomically(path, backup.text);
  console.error(
    `! ${restoredText(basename(path), problem, backup && relative(place.folder, backup.path), aside)}`,
  );
}
