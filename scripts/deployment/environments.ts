/** The files with the secret environment of services, put together from what each of them names. */
import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../../stacks/errors.mjs';
import { composedEnvironment, environmentFile } from '../../stacks/topology/secret-environment.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { writeSecret } from './secrets.ts';

/** @throws {UserError} naming a file that cannot be read */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`${file}: cannot be read: ${(error as Error).message}`);
  }
}

/**
 * Checks every source, and writes the file of each service that has several, or one that is no file of variables.
 * Written anew each time, since it follows from the others.
 * @throws {UserError} naming file and line of what is no variable
 */
export function composeEnvironments({ project, services }: Topology, packageFolder: string): void {
  for (const { name, secretEnvironment, config } of services) {
    if (secretEnvironment.length === 0) continue;
    const text = composedEnvironment(secretEnvironment, readText, (variable) => process.env[variable]);
    const file = environmentFile(project, name, packageFolder);
    const isUsed = config?.files.some((other) => 'secretFile' in other && other.secretFile === file);
    if (!isUsed) continue;
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeSecret(file, text);
  }
}
