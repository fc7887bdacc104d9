/** Files for tests of what settings name. */
import type { FileSystem } from '../../stacks/settings/rules.ts';

/** A file of {@link memoryFiles}. */
interface MemoryFile {
  readonly text: string;
  /** @default 0o600 */
  readonly mode?: number;
}

/** Files that are on no disk, as seen from the folder `/home/owner/project`. */
export const memoryFiles = (files: Readonly<Record<string, MemoryFile>>): FileSystem => ({
  resolve: (path) => (path.startsWith('/') ? path : `/home/owner/project/${path}`),
  stat(path) {
    const file = files[path];
    if (file) return { kind: 'file', mode: file.mode ?? 0o600 };
    const isFolder = Object.keys(files).some((name) => name.startsWith(`${path}/`));
    return isFolder ? { kind: 'folder', mode: 0o755 } : undefined;
  },
  read: (path) => files[path]?.text,
});
