/** Folders by what their file system allows. */
import { readFileSync, statfsSync } from 'node:fs';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';

const said = messages.lib.mounts;

/** The kernel writes blanks and the like as three octal digits. */
const unescaped = (text: string): string =>
  text.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/**
 * The options of the mount that a path is on.
 * @param table what /proc/self/mounts holds
 * @example ['rw', 'nosuid', 'nodev', 'noexec']
 */
export function mountOptions(path: string, table: string): string[] {
  const mounts = table.split('\n').map((line) => {
    const [, point = '', , options = ''] = line.split(' ');
    return { point: unescaped(point), options: options.split(',') };
  });
  const holds = ({ point }: { point: string }) =>
    point === '/' || path === point || (point !== '' && path.startsWith(`${point}/`));
  // The last one of the same place hides those before it.
  const [nearest] = mounts
    .filter(holds)
    .reverse()
    .sort((a, b) => b.point.length - a.point.length);
  return nearest?.options ?? [];
}

/** What a system's root file system needs of the folder that it is made in. */
const LEAST_BYTES = 1024 ** 3;

/** Why a system's root file system cannot be made in a folder; undefined where it can. */
export function unfitForRoot(options: readonly string[], freeBytes: number): string | undefined {
  const option = ['noexec', 'nodev'].find((name) => options.includes(name));
  if (option) return said.mountedWith(option);
  return freeBytes < LEAST_BYTES ? said.tooSmall(Math.floor(freeBytes / 1024 ** 2)) : undefined;
}

/**
 * The first of some folders in which a system's root file system can be made, whose programs run there.
 * @throws {UserError} naming what each of them lacks
 */
export function folderForRoot(folders: readonly string[]): string {
  const table = readFileSync('/proc/self/mounts', 'utf8');
  const reasons: string[] = [];
  for (const folder of folders) {
    const { bavail, bsize } = statfsSync(folder);
    const why = unfitForRoot(mountOptions(folder, table), bavail * bsize);
    if (why === undefined) return folder;
    reasons.push(`${folder}: ${why}`);
  }
  throw new UserError(said.nowhere(reasons.join('; ')), said.nowhereFix);
}
