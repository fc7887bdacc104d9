/** Compose files of test/compose/, read as if they were a project's in /app. */
import { readFileSync } from 'node:fs';
import { assumedHost } from '../../scripts/deployment/host.ts';
import { type ComposeProject, readCompose } from '../../stacks/compose/compose.ts';
import { parseEnvFile } from '../../stacks/settings/env-file.ts';
import { memoryFiles } from './files.ts';
import { type Environment, settingsOf } from './topology.ts';

export interface ComposeCase {
  /** Text of the compose file. */
  readonly text: string;
  /** Other files of the project, by their paths in it. @default {} */
  readonly files?: Readonly<Record<string, string>>;
  /** Its .env. @default - none */
  readonly env?: string;
  /** Settings of this package. @default {} */
  readonly settings?: Environment;
}

/** The text of a file in test/compose/. */
export const composeText = (name: string): string => readFileSync(`test/compose/${name}.yaml`, 'utf8');

/** Reads a compose file that is on no disk. */
export function readCase({ text, files: others = {}, env, settings = {} }: ComposeCase): ComposeProject {
  const all = { 'compose.yaml': text, ...(env !== undefined && { '.env': env }), ...others };
  const files = memoryFiles(
    Object.fromEntries(Object.entries(all).map(([path, content]) => [`/app/${path}`, { text: content }])),
    '/app',
  );
  const { entries } = parseEnvFile(env ?? '', '.env', () => undefined);
  return readCompose({
    file: '/app/compose.yaml',
    variables: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
    settings: settingsOf(settings),
    host: assumedHost([]),
    files,
  });
}
