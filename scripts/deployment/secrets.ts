/**
 * The secrets a deployment generates and keeps in 0600 files under `secrets/<project>/`. Plan and state see only a
 * keyed fingerprint of each, which changes when the secret does and reveals nothing of it.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SETTING_NAMES, SETTINGS, type Settings } from '../../stacks/settings/definitions.ts';
import { parseEnvFile } from '../../stacks/settings/env-file.ts';
import {
  generatedSecret,
  type SecretFiles,
  secretFiles,
  secretsFolder,
} from '../../stacks/topology/secrets.ts';
import { fromEnvironment } from '../lib/environment.ts';
import { createFileAtomically, isAside, writeFileAtomically } from '../lib/files.ts';
import type { Deployment } from './project.ts';
import { disk } from './settings.ts';

const PASSWORD_BYTES = 12;
const KEY_BYTES = 32;
const ID_BYTES = 8;

const secretOf = (bytes: number): string => `${randomBytes(bytes).toString('base64url')}\n`;

function generate(path: string, bytes: number): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Another command that makes it at the same time may be first: its secret is the one.
  createFileAtomically(path, secretOf(bytes), 0o600);
}

/** Finds the secrets of a deployment, and makes those that are missing; whether they are good, secret-problems.ts says. */
export function ensureSecrets(settings: Settings, packageFolder: string): SecretFiles {
  const files = secretFiles(settings, packageFolder);
  generate(files.adminPassword, PASSWORD_BYTES);
  for (const file of [files.jwtSecret, files.frpToken, files.fingerprintKey]) generate(file, KEY_BYTES);
  if (settings.BTCW_POSTGRES === 'on') generate(files.postgresPassword, KEY_BYTES);
  if (settings.BTCW_REDIS === 'on') generate(files.redisPassword, KEY_BYTES);
  for (const name of settings.BTCW_BACKEND_GENERATE)
    generate(generatedSecret(name, settings.BTCW_PROJECT, packageFolder), KEY_BYTES);
  return files;
}

const idFile = (project: string, packageFolder: string): string =>
  `${secretsFolder(project, packageFolder)}/deployment-id`;

/** Id of this checkout's deployment, no secret; undefined before the first one. */
export function deploymentId(project: string, packageFolder: string): string | undefined {
  const file = idFile(project, packageFolder);
  return disk.read(file)?.trim() || undefined;
}

/** The id, made where there is none. @param known one that the engine has of this checkout */
export function ensureDeploymentId(project: string, packageFolder: string, known?: string): string {
  const present = deploymentId(project, packageFolder);
  if (present) return present;
  const id = known ?? randomBytes(ID_BYTES).toString('hex');
  writeSecret(idFile(project, packageFolder), `${id}\n`);
  return id;
}

/** Puts another in its place: whatever was signed with the one before is no longer valid. */
export const renewJwtSecret = ({ jwtSecret }: SecretFiles): void =>
  writeSecret(jwtSecret, secretOf(KEY_BYTES));

/** Writes a secret's file, whole or not at all. */
export function writeSecret(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileAtomically(path, text, 0o600);
}

/**
 * HMAC-SHA-256 of a file under a key only this host has, so that a guessed password cannot be checked against it.
 * @param more what its meaning depends on beside its content
 */
export function fingerprint(file: string, keyFile: string, more = ''): string {
  const hmac = createHmac('sha256', readFileSync(keyFile)).update(readFileSync(file)).update(more);
  return hmac.digest('hex').slice(0, 16);
}

/** Values of the variables in a file; where it is no such file, what follows each "=". */
const valuesOf = (text: string): string[] => [
  ...parseEnvFile(text, '', fromEnvironment).entries.map(({ value }) => value),
  ...text.split('\n').map((line) => line.split('=').slice(1).join('=').trim()),
];

/** What a configuration file with a secret holds: without the mark that editors of Windows put before UTF-8. */
export const secretText = ({ secretFile, after = '' }: { secretFile: string; after?: string }): string =>
  readFileSync(secretFile, 'utf8').replace(/^\uFEFF/, '') + after;

/** The values of all secrets a deployment has, generated or given; of variables each one's, and each of its lines. */
export function secretValues({ settings, topology }: Deployment, packageFolder: string): string[] {
  const folder = secretsFolder(settings.BTCW_PROJECT, packageFolder);
  const generated = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => !isAside(name))
        .map((name) => join(folder, name))
    : [];
  const named = SETTING_NAMES.flatMap((name) => {
    const isSecret = 'secret' in SETTINGS[name] && SETTINGS[name].secret;
    const file = settings[name];
    return isSecret && typeof file === 'string' ? [file] : [];
  });
  const files = [...generated, ...named];
  const environmentFiles = new Set<string>();
  const values: string[] = [];
  for (const { config, secretEnvironment } of topology.services) {
    for (const file of config?.files ?? []) {
      if (!('secretFile' in file)) continue;
      files.push(file.secretFile);
      if (file.path === config?.start?.path) environmentFiles.add(file.secretFile);
    }
    for (const source of secretEnvironment) {
      if ('file' in source) environmentFiles.add(source.file);
      if ('value' in source) values.push(source.value);
    }
  }
  for (const file of new Set([...files, ...environmentFiles])) {
    const text = disk.read(file)?.trim();
    if (text === undefined) continue;
    values.push(text, ...(environmentFiles.has(file) ? valuesOf(text) : []));
  }
  return values.flatMap((value) => (value.includes('\n') ? [value, ...value.split('\n')] : [value]));
}
