/** Reads the project's compose file, where there is one. */
import { dirname, join, resolve } from 'node:path';
import { messages } from '../../messages/index.ts';
import { readCompose } from '../../stacks/compose/compose.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { Settings } from '../../stacks/settings/definitions.ts';
import { parseEnvFile } from '../../stacks/settings/env-file.ts';
import { isPlaceholder, placeholderProblem } from '../../stacks/settings/placeholders.ts';
import type { HostFacts } from '../../stacks/topology/host.ts';
import type { ServiceDefinition } from '../../stacks/topology/service.ts';
import { fromEnvironment } from '../lib/environment.ts';
import { disk, ENV_FILE } from './settings.ts';

const said = messages.deployment.compose;

/** Services beside the package's own, or in their place. */
export interface OwnServices {
  readonly services: readonly ServiceDefinition[];
  /** A line for each thing that is not as its file says. */
  readonly notices: readonly string[];
}

const settingsFile = (): string => resolve(process.env[ENV_FILE] || '.env');

/** The file whose variables a compose file is given: `.env` beside it, which may be that of the settings, too. */
export function environmentBeside(file: string): string {
  const settings = settingsFile();
  return dirname(settings) === dirname(file) ? settings : join(dirname(file), '.env');
}

/** The variables of a compose file, as Compose finds them: the environment wins over the file beside it. */
function variablesOf(file: string): {
  variables: Record<string, string | undefined>;
  problems: readonly string[];
} {
  const path = environmentBeside(file);
  const { entries, problems } = parseEnvFile(disk.read(path) ?? '', path, fromEnvironment);
  const composeText = disk.read(file) ?? '';
  const placeholders = entries.filter(
    ({ name, value }) =>
      isPlaceholder(name, value) &&
      process.env[name] === undefined &&
      new RegExp(`\\$\\{?${name}\\b`).test(composeText),
  );
  const variables: Readonly<Record<string, string>> = Object.fromEntries(
    entries.map(({ name, value }) => [name, value]),
  );
  const unread =
    path === settingsFile() ? [] : Object.keys(variables).filter((name) => name.startsWith('BTCW_'));
  return {
    variables: { ...variables, ...process.env },
    problems: [
      ...problems,
      ...(variables.COMPOSE_FILE ? [said.composeFileNotRead(path)] : []),
      ...unread.map((name) => said.settingNotRead(path, name, settingsFile())),
      ...placeholders.map(({ name, line }) => placeholderProblem(said.line(path, line), name)),
    ],
  };
}

/** @throws {UserError} with a line for each thing that is wrong or not supported, naming file, line and key */
export function loadServices(settings: Settings, host: HostFacts): OwnServices {
  const { BTCW_COMPOSE_FILE: file } = settings;
  if (!file) return { services: [], notices: [] };
  const { variables, problems } = variablesOf(file);
  const project = readCompose({ file, variables, settings, host, files: disk });
  const all = [...problems, ...project.problems];
  if (all.length > 0) throw new UserError(all.join('\n'));
  return project;
}
