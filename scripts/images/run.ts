/** Runs what a build starts. */
import { execa } from '../lib/execa.ts';
import { commandError } from '../lib/programs.ts';

export const BUILD_DEADLINE_MS = 15 * 60_000;

/** Gets each line that a build prints. */
export type Progress = (line: string) => void;

/** @param what it is, for people @throws {UserError} with the last lines that it printed */
export async function run(
  what: string,
  command: string,
  args: readonly string[],
  progress: Progress,
  { fix, env = {} }: { readonly fix?: string; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const child = execa(command, args, { all: true, timeout: BUILD_DEADLINE_MS, env });
  child.all.on('data', (chunk: Buffer) => progress(chunk.toString()));
  try {
    await child;
  } catch (error) {
    throw commandError(what, error, fix);
  }
}
