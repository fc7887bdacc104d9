/**
 * The secrets of each good deployment, kept with it, so that going back brings them back, too; and which releases could
 * not be brought back.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SETTING_NAMES, SETTINGS, type Settings } from '../../stacks/settings/definitions.ts';
import { type SecretFiles, secretsFolder } from '../../stacks/topology/secrets.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { root } from './host.ts';
import type { Project } from './project.ts';
import { isDeployed, lastRelease, type Release, releaseFolder } from './releases.ts';
import { fingerprint, writeSecret } from './secrets.ts';
import { disk } from './settings.ts';

/** Fingerprints of the files that settings name, by the setting: those files are the user's to keep. */
type NamedFiles = Readonly<Record<string, string>>;

const SECRETS = 'secrets';
const NAMED = 'named-files.json';
const FAILED = 'failed';

/**
 * The files that hold secrets; those of services are in their configuration, made of others or not. Not the one that
 * signs tokens: an earlier one would bring ended sessions back.
 */
function filesOf(secrets: SecretFiles, { services }: Topology): Set<string> {
  const files = new Set([
    ...[secrets.adminPassword, secrets.frpToken, secrets.fingerprintKey],
    ...services.flatMap(({ config }) =>
      (config?.files ?? []).flatMap((file) => ('secretFile' in file ? [file.secretFile] : [])),
    ),
  ]);
  files.delete(secrets.jwtSecret);
  return files;
}

function namedFiles(settings: Settings, keyFile: string): NamedFiles {
  const named = SETTING_NAMES.flatMap((name) => {
    const file = settings[name];
    const isSecret = 'secret' in SETTINGS[name] && SETTINGS[name].secret;
    return isSecret && typeof file === 'string' ? [[name, fingerprint(file, keyFile)] as const] : [];
  });
  return Object.fromEntries(named);
}

/** Keeps the secrets of what has just been deployed with its release; 0600, as they are under `secrets/`. */
export function keepSecrets({
  settings,
  secrets,
  topology,
}: Pick<Project, 'settings' | 'secrets' | 'topology'>): void {
  const project = settings.BTCW_PROJECT;
  const release = lastRelease(project);
  if (!release) return;
  const folder = releaseFolder(project, release);
  rmSync(join(folder, FAILED), { force: true });
  mkdirSync(join(folder, SECRETS), { recursive: true, mode: 0o700 });
  const generated = `${secretsFolder(project, root)}/`;
  for (const file of filesOf(secrets, topology)) {
    if (file.startsWith(generated))
      writeSecret(join(folder, SECRETS, basename(file)), readFileSync(file, 'utf8'));
  }
  writeFileSync(join(folder, NAMED), JSON.stringify(namedFiles(settings, secrets.fingerprintKey)));
}

/** None where it is missing, or damaged: what it says is a hint for people. */
function readNamedFiles(file: string): NamedFiles {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as NamedFiles | null) ?? {};
  } catch {
    return {};
  }
}

export interface RestoredSecrets {
  /** Names of the files under `secrets/` that have another content now. @example ['admin-password'] */
  readonly restored: readonly string[];
  /** Settings whose file is not what it was then; it is used as it is now. */
  readonly differing: readonly string[];
}

/** Puts a release's secrets where they are read. A release of an earlier version has none: those of now stay. */
export function restoreSecrets(
  { settings, secrets }: Pick<Project, 'settings' | 'secrets'>,
  release: Release,
): RestoredSecrets {
  const project = settings.BTCW_PROJECT;
  const folder = releaseFolder(project, release);
  const kept = join(folder, SECRETS);
  const restored = (existsSync(kept) ? readdirSync(kept) : []).filter((name) => {
    const [text, target] = [disk.read(join(kept, name)), join(secretsFolder(project, root), name)];
    // Releases of earlier versions have it.
    if (text === undefined || name === basename(secrets.jwtSecret)) return false;
    if (existsSync(target) && readFileSync(target, 'utf8') === text) return false;
    writeSecret(target, text);
    return true;
  });
  const then = readNamedFiles(join(folder, NAMED));
  const now = namedFiles(settings, secrets.fingerprintKey);
  const differing = Object.keys(then).filter((name) => now[name] !== undefined && now[name] !== then[name]);
  return { restored, differing };
}

/** Whether what runs has a file of `secrets/` as it is now; taken for granted where what runs is no release. */
export function isDeployedSecret(project: string, file: string): boolean {
  const release = lastRelease(project);
  if (!release || !isDeployed(project, release)) return true;
  const kept = join(releaseFolder(project, release), SECRETS, basename(file));
  return existsSync(kept) && readFileSync(kept, 'utf8') === readFileSync(file, 'utf8');
}

/** Notes that a release could not be brought back: it is offered no more until a deployment like it is healthy. */
export const markFailed = (project: string, release: Release): void =>
  writeFileSync(join(releaseFolder(project, release), FAILED), '');

export const hasFailed = (project: string, release: Release): boolean =>
  existsSync(join(releaseFolder(project, release), FAILED));
