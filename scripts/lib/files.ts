/** Files that are whole or not there: written aside, flushed to the disk, and moved to their name. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { withUmask } from '../bootstrap/step.mjs';

const said = messages.lib.files;

const ASIDE = /\.[0-9a-f]{8}\.tmp$/;

/** Whether a file was written aside by a process that ended before it could move it. */
export const isAside = (name: string): boolean => ASIDE.test(name);

/** A name next to a file or folder, for its next version. */
export const asideOf = (path: string): string => `${path}.${randomBytes(4).toString('hex')}.tmp`;

/** Makes sure that names in a folder survive a power failure. */
export function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } catch {
    // Not every file system can; the file's contents are flushed in any case.
  } finally {
    closeSync(descriptor);
  }
}

function writeFlushed(path: string, text: string, mode: number): void {
  const descriptor = openSync(path, 'wx', mode);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** @throws {UserError} naming the file, where the disk or its permissions do not allow it */
function writeAside<T>(path: string, text: string, mode: number, move: (aside: string) => T): T {
  const aside = asideOf(path);
  try {
    writeFlushed(aside, text, mode);
    const moved = move(aside);
    flushFolder(dirname(path));
    return moved;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new UserError(said.cannotWrite(path, message), isFull ? said.makeRoom : undefined);
  } finally {
    rmSync(aside, { force: true });
  }
}

/**
 * Writes a file so that readers, also after a crash, find the old text or the new one, and never a part of it.
 * @param mode permissions of the file
 */
export function writeFileAtomically(path: string, text: string, mode = 0o644): void {
  writeAside(path, text, mode, (aside) => renameSync(aside, path));
}

/**
 * As {@link writeFileAtomically}, but leaves a file alone that is there already.
 * @returns whether it was written
 */
export function createFileAtomically(path: string, text: string, mode = 0o644): boolean {
  if (existsSync(path)) return false;
  return writeAside(path, text, mode, (aside) => {
    try {
      linkSync(aside, path);
      return true;
    } catch (error) {
      if (existsSync(path)) return false;
      // Some file systems have no hard links.
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? ''))
        throw error;
      renameSync(aside, path);
      return true;
    }
  });
}

/** Works so that what it writes is for this user alone. @param work not asynchronous */
export const privately = <T>(work: () => T): T => withUmask(0o077, work);

/** A secret is a line. */
const MOST_BYTES = 64 * 1024;

/**
 * The text of a small file that a user has named.
 * @throws {Error} for a folder, a pipe or a device, which may never end, and for a large file
 */
export function readNamedFile(path: string): string {
  const stats = statSync(path);
  if (!stats.isFile()) throw new Error(messages.lib.files.notRegular);
  if (stats.size > MOST_BYTES) throw new Error(messages.lib.files.tooLarge(MOST_BYTES / 1024));
  return readFileSync(path, 'utf8');
}
