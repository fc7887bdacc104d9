/** Tar files that are whole or not there. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from './execa.ts';
import { asideOf, flushFolder } from './files.ts';

/**
 * Packs members of a folder, in their order.
 * @param mode permissions of the file
 * @throws {ExecaError} of tar, as where the disk is full
 */
export async function writeTar(
  file: string,
  folder: string,
  names: readonly string[],
  mode: number,
): Promise<void> {
  const aside = asideOf(file);
  try {
    writeFileSync(aside, '', { mode, flag: 'wx' });
    await execa('tar', ['-cf', aside, '-C', folder, ...names]);
    renameSync(aside, file);
    flushFolder(dirname(file));
  } finally {
    rmSync(aside, { force: true });
  }
}
