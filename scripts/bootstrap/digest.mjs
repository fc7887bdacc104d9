// Digests of files: of what images are built from, and of what a bundle is of. Reads files, runs nothing.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * All files at or below a path, sorted.
 * @param {string} path @param {(name: string) => boolean} [isWanted] of names in folders; default: all
 * @returns {string[]}
 */
export function filesBelow(path, isWanted = () => true) {
  if (!lstatSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter(isWanted)
    .sort()
    .flatMap((name) => filesBelow(join(path, name), isWanted));
}

/**
 * SHA-256 of the files' paths, modes and contents.
 * @param {string} root folder that the paths are relative to
 * @param {readonly string[]} files
 * @param {readonly string[]} [extra] what decides beside the files
 * @returns {string} hexadecimal
 */
export function digestOf(root, files, extra = []) {
  const hash = createHash('sha256');
  for (const file of files) {
    const stats = lstatSync(file);
    if (stats.isDirectory()) continue;
    const content = stats.isSymbolicLink() ? readlinkSync(file) : readFileSync(file);
    hash
      .update(`${relative(root, file)}\0${stats.mode & 0o111 ? 'x' : '-'}\0${content.length}\0`)
      .update(content);
  }
  for (const text of extra) hash.update(`\0${text}`);
  return hash.digest('hex');
}
