/** Digests of what images are built from. Reads files, runs nothing. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const TAG_LENGTH = 12;

/** All files at or below a path, sorted. */
export function filesBelow(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/**
 * A tag that follows from the files' paths, modes and contents.
 * @param root folder that the paths are relative to
 * @param extra what decides the tag beside the files
 */
export function digestFiles(root: string, files: readonly string[], extra: readonly string[] = []): string {
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
  return hash.digest('hex').slice(0, TAG_LENGTH);
}

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

/** The lock file's entries that a workspace's build can reach, one line each: other packages do not rebuild it. */
export function lockedPackages(lockText: string, workspace: string): string[] {
  const packages = (JSON.parse(lockText) as { packages: Record<string, LockEntry> }).packages;
  const reached = new Map<string, string>();
  const visit = (path: string) => {
    const entry = packages[path];
    if (!entry || reached.has(path)) return;
    reached.set(path, `${path} ${entry.version ?? ''} ${entry.integrity ?? ''}`);
    const needs = {
      ...entry.dependencies,
      ...entry.optionalDependencies,
      ...(path === workspace && entry.devDependencies),
    };
    for (const name of Object.keys(needs)) {
      // Node's own lookup: the nearest node_modules on the way up.
      let from = path;
      while (!packages[join(from, 'node_modules', name)] && from !== '') {
        from = from.includes('/') ? from.slice(0, from.lastIndexOf('/')) : '';
      }
      visit(join(from, 'node_modules', name));
    }
  };
  visit(workspace);
  return [...reached.values()].sort();
}
