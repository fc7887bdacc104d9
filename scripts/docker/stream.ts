/** What programs in containers print and read, as it comes: none of it is held in memory. */
import type { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from '../lib/execa.ts';
import { commandError } from '../lib/programs.ts';

/**
 * Runs the docker client, and hands what it prints on.
 * @param what is tried, for the error
 * @param through what it passes through; the last takes it
 * @param input for the program's standard input: where it is a secret, it is in no argument
 * @throws {UserError} when the command fails
 */
export async function readOut(
  what: string,
  args: readonly string[],
  through: readonly (Duplex | Writable)[],
  input = '',
): Promise<void> {
  const child = execa('docker', args, { buffer: { stdout: false }, input });
  try {
    await Promise.all([pipeline([child.stdout, ...through]), child]);
  } catch (error) {
    child.kill();
    throw commandError(what, error);
  }
}

/** A program that has read all it wants, as tar has at the end of an archive and before its padding. */
const HAS_ENOUGH = ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];

/** Runs the docker client, and hands it what there is to read as its standard input. @param through what that passes through */
export async function feedIn(
  what: string,
  args: readonly string[],
  source: Readable,
  through: readonly Duplex[] = [],
): Promise<void> {
  const child = execa('docker', args, { stdin: 'pipe' });
  try {
    const [ended, fed] = await Promise.allSettled([child, pipeline([source, ...through, child.stdin])]);
    // The program's own words come first: where it fails, what it reads from breaks, too.
    if (ended.status === 'rejected') throw ended.reason;
    if (fed.status === 'rejected' && !HAS_ENOUGH.includes(fed.reason?.code)) throw fed.reason;
  } catch (error) {
    throw commandError(what, error);
  }
}
