/** The files with the secret environment of services, put together from what each of them names. */
import { existsSync, readFileSync } from 'node:fs';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { decodeDotEnv } from '../../stacks/settings/dotenv.ts';
import { parseEnvFile } from '../../stacks/settings/env-file.ts';
import { composedEnvironment, environmentFile } from '../../stacks/topology/secret-environment.ts';
import { generatedSecret } from '../../stacks/topology/secrets.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { fromEnvironment } from '../lib/environment.ts';
import { writeSecret } from './secrets.ts';

const said = messages.deployment.environments;

/** @throws {UserError} naming a file that cannot be read, or is no UTF-8 text */
function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UserError(said.unreadable(file, (error as Error).message));
  }
  const decoded = decodeDotEnv(bytes, file);
  if ('problem' in decoded) throw new UserError(decoded.problem);
  return decoded.text;
}

/**
 * Checks every source, and writes the file of each service that has several, or one that is no file of variables.
 * Written anew each time, since it follows from the others.
 * @param anySecrets whether what is in the files does not matter
 * @returns lines that the user should read
 * @throws {UserError} naming file and line of what is wrong
 */
export function composeEnvironments(
  { project, services }: Pick<Topology, 'project' | 'services'>,
  packageFolder: string,
  { anySecrets = false } = {},
): string[] {
  const inside = `${packageFolder}/`;
  const problems: string[] = [];
  const notices: string[] = [];
  for (const { name, secretEnvironment, config } of services) {
    if (secretEnvironment.length === 0) continue;
    const composed = composedEnvironment(secretEnvironment, {
      read: readText,
      show: (file) => (file.startsWith(inside) ? file.slice(inside.length) : file),
      lookup: fromEnvironment,
      isGenerated: (variable, file) => file === generatedSecret(variable, project, packageFolder),
      ...(name === 'backend' && { generate: (variable) => `BTCW_BACKEND_GENERATE=${variable}` }),
    });
    problems.push(...composed.problems);
    notices.push(...composed.notices);
    const file = environmentFile(project, name, packageFolder);
    const isUsed = config?.files.some((other) => 'secretFile' in other && other.secretFile === file);
    if (!isUsed || (composed.problems.length > 0 && !anySecrets)) continue;
    if (!existsSync(file) || readFileSync(file, 'utf8') !== composed.text) writeSecret(file, composed.text);
  }
  if (problems.length > 0 && !anySecrets) throw new UserError(problems.join('\n'));
  return notices;
}

/** What the variables in a user's file take from the environment, which its content does not tell. */
export function outsideValues({ services }: Pick<Topology, 'services'>, file: string): string {
  const isSource = services.some(({ secretEnvironment }) =>
    secretEnvironment.some((source) => 'file' in source && source.file === file),
  );
  if (!isSource) return '';
  const { asked } = parseEnvFile(readText(file), file, fromEnvironment);
  const values = asked.flatMap((name) => {
    const value = fromEnvironment(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return values.join('\0');
}
