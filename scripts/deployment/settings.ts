/** Reads the settings: the only reader of BTCW_ names in the environment, and of `.env`. */
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { messages } from '../../messages/index.ts';
import type { Settings } from '../../stacks/settings/definitions.ts';
import { type DotEnv, decodeDotEnv, parseDotEnv } from '../../stacks/settings/dotenv.ts';
import { parseSettings } from '../../stacks/settings/parse.ts';
import type { FileSystem } from '../../stacks/settings/rules.ts';

const said = messages.deployment.settings;

/** The files of this host, relative to the folder the command runs in. */
export const disk: FileSystem = {
  // No shell reads `.env`, which would know what "~" is.
  resolve: (path) => resolve(path.replace(/^~(?=\/|$)/, homedir())),
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
      return said.folder(file);
    case 'EACCES':
    case 'EPERM':
      return said.forbidden(file);
    case 'ELOOP':
      return said.circularLink(file);
    case 'ENOENT':
      return said.deadLink(file);
    default:
      return said.unreadable(file, error.message);
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
      return broken(said.noFile(file));
    }
    const decoded = decodeDotEnv(readFileSync(file), file);
    return 'text' in decoded ? parseDotEnv(decoded.text, file) : broken(decoded.problem);
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    if (failure.code !== 'ENOENT' || exists(file)) return broken(unreadable(file, failure));
    return isNamed ? broken(said.missing(file)) : { file, entries: [], problems: [] };
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
