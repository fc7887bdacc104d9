/** Digests of what images are built from. Reads files, runs nothing. */
import { join } from 'node:path';
import { digestOf } from '../bootstrap/digest.mjs';

const TAG_LENGTH = 12;

/**
 * A tag that follows from the files' paths, modes and contents.
 * @param root folder that the paths are relative to
 * @param extra what decides the tag beside the files
 */
export const digestFiles = (root: string, files: readonly string[], extra: readonly string[] = []): string =>
  digestOf(root, files, extra).slice(0, TAG_LENGTH);

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
