/**
 * How a service gets its secret environment: a script in its configuration volume exports the variables and becomes its
 * program, so that they are in no plan, no state and no `docker inspect`.
 */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import { envLine, isVariableName, parseEnvFile } from '../settings/env-file.ts';
import type { Lookup } from '../settings/interpolate.ts';
import { isPlaceholder, placeholderProblem } from '../settings/placeholders.ts';
import type { HostFacts } from './host.ts';
import { SECRETS_DIR, secretsFolder } from './secrets.ts';
import type { ConfigFiles, SecretEnvironment, ServiceDefinition } from './service.ts';

const { secretEnvironment: said } = messages.topology;
const places = messages.settings.problem;

/** The start script among a service's secrets. */
export const START = 'start';

/** A name that no other file of the volume has: Compose puts files of any name there. @example 'start' */
function scriptName(taken: ReadonlySet<string>): string {
  let name = START;
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
    path: SECRETS_DIR,
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

/** The variables of a service, put together. */
export interface ComposedEnvironment {
  /** Lines that {@link parseEnvFile} reads. */
  readonly text: string;
  /** A line for each thing that is wrong, with its file and line and without its value. */
  readonly problems: readonly string[];
  /** A line for each thing that may not be as it is meant. */
  readonly notices: readonly string[];
}

interface Variable {
  readonly value: string;
  /** Where it is set. @default - not in a file */
  readonly where?: string;
}

/** What the sources of a service's environment are read with. */
export interface ReadSources {
  /** The text of a file. */
  readonly read: (file: string) => string;
  /** What a file is called. */
  readonly show: (file: string) => string;
  /** Variables of the environment. */
  readonly lookup: Lookup;
  /** Whether a secret is generated for this variable alone, so that nothing else should set it. */
  readonly isGenerated: (name: string, secretFile: string) => boolean;
  /** How a secret is generated instead of written into a file. @default - it cannot be */
  readonly generate?: (name: string) => string;
}

/** Puts the sources of a service's environment together; later ones win. */
export function composedEnvironment(
  sources: readonly SecretEnvironment[],
  { read, show, lookup, isGenerated, generate }: ReadSources,
): ComposedEnvironment {
  const variables = new Map<string, Variable>();
  const problems: string[] = [];
  const notices: string[] = [];
  const readFile = (path: string) => {
    const file = show(path);
    // As in Compose, a file may name the variables of those before it.
    const known: Lookup = (name) => lookup(name) ?? variables.get(name)?.value;
    const parsed = parseEnvFile(read(path), file, known);
    problems.push(...parsed.problems);
    const unset = parsed.unset.map((name) => `$${name}`).join(', ');
    if (unset) notices.push(said.unset(file, unset));
    for (const { name, value, line } of parsed.entries)
      variables.set(name, { value, where: places.place(file, line) });
  };
  for (const source of sources) {
    if ('file' in source) readFile(source.file);
    else if ('value' in source) variables.set(source.name, { value: source.value });
    else {
      const { name, secretFile, before = '', after = '' } = source;
      const secret = read(secretFile).trim();
      if (secret === '') problems.push(said.emptySecret(show(secretFile)));
      const { where, value: other } = variables.get(name) ?? {};
      if (where && isGenerated(name, secretFile)) {
        if (other === '' || isPlaceholder(name, other ?? '')) notices.push(said.replaced(where, name));
        else problems.push(said.generated(where, name));
      }
      variables.set(name, { value: `${before}${secret}${after}` });
    }
  }
  for (const [name, { value, where }] of variables) {
    if (!isVariableName(name)) problems.push(said.name(name));
    if (where && isPlaceholder(name, value)) problems.push(placeholderProblem(where, name, generate?.(name)));
  }
  const text = [...variables].map(([name, { value }]) => envLine(name, value)).join('');
  return { text, problems, notices };
}
