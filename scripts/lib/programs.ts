/** The programs this package drives: argument arrays, deadlines, signals passed on; never a joined shell string. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ExecaError, execa, type Options, type Result } from 'execa';
import { UserError } from '../../stacks/errors.ts';

const TAIL_LINES = 20;
const COMMAND_LENGTH = 160;
const DOCKER_DEADLINE_MS = 60_000;

/** The last lines a program printed that say something. */
export const tail = (text: string, lines = TAIL_LINES): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-lines)
    .join('\n');

/** Tells a failed program as what was tried, its command, and the last lines of its output. */
export function programFailed(what: string, error: unknown, fix?: string): UserError {
  if (!(error instanceof ExecaError)) throw error;
  const output = tail(`${error.stdout ?? ''}\n${error.stderr ?? ''}`) || error.shortMessage;
  // A script among the arguments would hide what it says.
  const [line = ''] = error.command.split('\n');
  const command = line.length > COMMAND_LENGTH ? `${line.slice(0, COMMAND_LENGTH)} …` : line;
  return new UserError(`${what}: "${command}" failed.\n${output.replace(/^/gm, '    ')}`, fix);
}

/** The Docker engine's reasons for not answering, as what the user can do about them. */
export function dockerUnavailable(output: string): UserError | undefined {
  if (/permission denied/i.test(output) && /socket|docker\.sock/i.test(output)) {
    return new UserError(
      'Docker refuses this user: no permission on its socket.',
      'sudo usermod -aG docker "$USER", then log out and in again.',
    );
  }
  if (
    /cannot connect to the docker daemon|is the docker daemon running|no such file or directory.*docker\.sock/i.test(
      output,
    )
  ) {
    return new UserError(
      'The Docker engine does not answer.',
      'start it: npm run up (or: sudo systemctl start docker).',
    );
  }
  return undefined;
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
    const result = await execa('docker', args, { timeout: DOCKER_DEADLINE_MS, ...rest });
    return String(result.stdout);
  } catch (error) {
    if (error instanceof ExecaError) {
      if (error.code === 'ENOENT')
        throw new UserError('The docker program is not installed.', 'npm run up installs it.');
      const unavailable = dockerUnavailable(String(error.stderr));
      if (unavailable) throw unavailable;
    }
    throw programFailed(what ?? 'Docker', error);
  }
}

/** Runs the docker client where failure is an answer too. */
export const tryDocker = (args: readonly string[], options: Options = {}): Promise<Result> =>
  execa('docker', args, { timeout: DOCKER_DEADLINE_MS, ...options, reject: false }) as Promise<Result>;

/** The engine: Terraform, or OpenTofu where bootstrap linked it under that name. */
export function terraformProgram(): string {
  const linked = resolve('node_modules/.bin/terraform');
  return existsSync(linked) ? linked : 'terraform';
}
