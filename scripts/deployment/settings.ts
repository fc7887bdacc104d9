/** Reads the settings: the only reader of BTCW_ names in the environment, and of `.env`. */
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Settings } from '../../stacks/settings/definitions.ts';
import { type DotEnv, decodeDotEnv, parseDotEnv } from '../../stacks/settings/dotenv.ts';
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

/** Names the file of settings that is read instead of `.env`; itself no setting. */
export const ENV_FILE = 'BTCW_ENV_FILE';

/** What is said of a file of settings that is there and cannot be read. */
function unreadable(file: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EISDIR':
      return `${file}: should be a file, but is a folder. Remove it, or write the settings into a file of that name.`;
    case 'EACCES':
    case 'EPERM':
      return `${file}: this user may not read it. Change its owner or its mode: sudo chown "$USER" ${file}`;
    case 'ELOOP':
      return `${file}: is a symbolic link that leads to itself. Remove it, or point it to the file of settings.`;
    case 'ENOENT':
      return `${file}: is a symbolic link that leads nowhere. Remove it, or point it to the file of settings.`;
    default:
      return `${file}: cannot be read: ${error.message}`;
  }
}

/** Whether there is anything of that name, even a link that leads nowhere. */
const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * Reads a file of settings.
 * @param isNamed whether the user asked for this file: then it has to be there
 */
export function readDotEnv(file: string, isNamed = false): DotEnv {
  const broken = (problem: string): DotEnv => ({ file, entries: [], problems: [problem] });
  try {
    // A pipe or a device might never end.
    if (exists(file) && !statSync(file).isFile() && !statSync(file).isDirectory()) {
      return broken(`${file}: should be a file.`);
    }
    const decoded = decodeDotEnv(readFileSync(file), file);
    return 'text' in decoded ? parseDotEnv(decoded.text, file) : broken(decoded.problem);
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    if (failure.code !== 'ENOENT' || exists(file)) return broken(unreadable(file, failure));
    return isNamed ? broken(`${file}: there is no such file.`) : { file, entries: [], problems: [] };
  }
}

/**
 * Reads the settings of the package in the current folder.
 * @throws {UserError} as {@link parseSettings}
 */
export function loadSettings(): Settings {
  const { [ENV_FILE]: named, ...environment } = process.env;
  return parseSettings(environment, readDotEnv(named || '.env', Boolean(named)), disk);
}
