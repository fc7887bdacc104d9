/** Reads the settings: the only reader of BTCW_ names in the environment, and of `.env`. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Settings } from '../../stacks/settings/definitions.ts';
import { parseSettings } from '../../stacks/settings/parse.ts';
import type { FileSystem } from '../../stacks/settings/rules.ts';

/** The files of this host, as seen from the folder the command runs in. */
export const disk: FileSystem = {
  resolve: (path) => resolve(path),
  stat(path) {
    try {
      const stats = statSync(path);
      return { kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other', mode: stats.mode };
    } catch {
      return undefined;
    }
  },
  read(path) {
    try {
      return statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined;
    } catch {
      return undefined;
    }
  },
};

/**
 * Reads the settings of the package in the current folder.
 * @throws {UserError} as {@link parseSettings}
 */
export const loadSettings = (): Settings => parseSettings(process.env, disk.read('.env') ?? '', disk);
