/** Files for tests of what settings name. */
import { resolve } from 'node:path/posix';
import type { FileSystem } from '../../stacks/settings/rules.ts';

/** A file of {@link memoryFiles}. */
interface MemoryFile {
  readonly text: string;
  /** @default 0o600 */
  readonly mode?: number;
}

/** Files that are on no disk, as seen from a folder. */
export const memoryFiles = (
  files: Readonly<Record<string, MemoryFile>>,
  folder = '/home/owner/project',
): FileSystem => ({
  resolve: (path) => resolve(folder, path),
  stat(path) {
    const file = files[path];
    if (file) return { kind: 'file', mode: file.mode ?? 0o600 };
    const isFolder = Object.keys(files).some((name) => name.startsWith(`${path}/`));
    return isFolder ? { kind: 'folder', mode: 0o755 } : undefined;
  },
  read: (path) => files[path]?.text,
});
