/** The docker client: argument arrays, deadlines, and the engine's refusals as what the user can do about them. */

import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { ExecaError, execa, type Options, type Result } from '../lib/execa.ts';
import { commandError } from '../lib/programs.ts';

const DEADLINE_MS = 60_000;

const said = messages.docker.client;

/** The engine's reasons for not answering; undefined for any other output. */
export function engineError(output: string): UserError | undefined {
  if (/permission denied/i.test(output) && /socket|docker\.sock/i.test(output)) {
    return new UserError(said.noPermission, said.joinGroup);
  }
  const [, address] = /daemon at ((?:ssh|tcp|https?):\/\/\S+?)\.?\s/i.exec(output) ?? [];
  if (address) return new UserError(said.noEngineAt(address), said.startEngineThere);
  const away =
    /cannot connect to the docker daemon|is the docker daemon running|no such file or directory.*docker\.sock/i;
  return away.test(output) ? new UserError(said.noEngine, said.startEngine) : undefined;
}

/**
 * Runs the docker client.
 * @returns what it printed on stdout
 * @throws {UserError} when the engine is away or refuses, or when the command fails
 */
export async function docker(
  args: readonly string[],
  options: Options & { what?: string } = {},
): Promise<string> {
  const { what, ...rest } = options;
  try {
    const result = await execa('docker', args, { timeout: DEADLINE_MS, ...rest });
    return String(result.stdout);
  } catch (error) {
    if (error instanceof ExecaError) {
      if (error.code === 'ENOENT') throw new UserError(said.notInstalled, said.install);
      const unavailable = engineError(String(error.stderr));
      if (unavailable) throw unavailable;
    }
    throw commandError(what ?? 'Docker', error);
  }
}

/** Runs the docker client where failure is an answer too. */
export const tryDocker = (args: readonly string[], options: Options = {}): Promise<Result> =>
  execa('docker', args, { timeout: DEADLINE_MS, ...options, reject: false }) as Promise<Result>;
