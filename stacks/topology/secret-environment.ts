/**
 * How a service gets its secret environment: a script in its configuration volume exports the variables and becomes its
 * program, so that they are in no plan, no state and no `docker inspect`.
 */
import { UserError } from '../errors.mjs';
import type { Settings } from '../settings/definitions.ts';
import { envLine, parseEnvFile } from '../settings/env-file.ts';
import type { Lookup } from '../settings/interpolate.ts';
import type { HostFacts } from './host.ts';
import { secretsFolder } from './secrets.ts';
import type { ConfigFiles, SecretEnvironment, ServiceDefinition } from './service.ts';

const FOLDER = '/run/secrets';

/** A name that no other file of the volume has: Compose puts files of any name there. @example 'start' */
function scriptName(taken: ReadonlySet<string>): string {
  let name = 'start';
  while (taken.has(name)) name += '_';
  return name;
}

/** The sources' variables in one file: what several of them are put together in. */
export const environmentFile = (project: string, service: string, packageFolder: string): string =>
  `${secretsFolder(project, packageFolder)}/${service}-environment`;

/** The file with all variables of a service: one of the user's alone is used as it is. */
function fileOf(
  name: string,
  sources: readonly SecretEnvironment[],
  settings: Pick<Settings, 'BTCW_PROJECT'>,
  host: HostFacts,
): string {
  const [first, ...others] = sources;
  return first && 'file' in first && others.length === 0
    ? first.file
    : environmentFile(settings.BTCW_PROJECT, name, host.packageFolder);
}

/** A definition whose secret environment is put in by its start script; as it is, where it has none. */
export function startedBySecrets(
  definition: ServiceDefinition,
  settings: Pick<Settings, 'BTCW_PROJECT'>,
  host: HostFacts,
): ServiceDefinition {
  const { command, ...rest } = definition;
  const { name, user, entrypoint, secretEnvironment = [] } = definition;
  if (secretEnvironment.length === 0) return definition;
  const config: ConfigFiles = definition.config ?? {
    path: FOLDER,
    owner: user ?? '0:0',
    // Without a user it runs as one that only the image knows; no other container has the volume.
    secretMode: user ? '0400' : '0444',
    onChange: 'restart',
    files: [],
  };
  const path = scriptName(new Set(config.files.map((file) => file.path)));
  const secretFile = fileOf(name, secretEnvironment, settings, host);
  return {
    ...rest,
    entrypoint: ['/bin/sh', `${config.path}/${path}`],
    config: {
      ...config,
      // A program that reloads its files keeps the environment it has.
      onChange: 'restart',
      files: [...config.files, { path, secretFile }],
      start: { path, ...(entrypoint && { entrypoint }), ...(command && { command }) },
    },
  };
}

/**
 * What is written into a service's file of variables, which {@link parseEnvFile} reads back.
 * @param read the text of a file
 * @param lookup variables of the environment
 * @throws {UserError} naming the file and the lines that are not NAME=value
 */
export function composedEnvironment(
  sources: readonly SecretEnvironment[],
  read: (file: string) => string,
  lookup: Lookup,
): string {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const source of sources) {
    if ('file' in source) {
      // As in Compose, a file may name the variables of those before it.
      const parsed = parseEnvFile(read(source.file), source.file, (name) => lookup(name) ?? values.get(name));
      problems.push(...parsed.problems);
      for (const { name, value } of parsed.entries) values.set(name, value);
    } else if ('value' in source) values.set(source.name, source.value);
    else {
      const { name, secretFile, before = '', after = '' } = source;
      values.set(name, `${before}${read(secretFile).trim()}${after}`);
    }
  }
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  return [...values].map(([name, value]) => envLine(name, value)).join('');
}
