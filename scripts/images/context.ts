/** The files of a build context: what Docker is sent, and what an image's tag follows from. */
import { execFileSync } from 'node:child_process';
import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { messages } from '../../messages/index.ts';
import { programEnvironment } from '../bootstrap/environment.mjs';

const said = messages.images.context;

/** Something in a context that hardly any image should have. */
export interface Clutter {
  /** Relative to the folder. @example 'node_modules' */
  readonly path: string;
  /** Whether it is not sent. */
  readonly leftOut: boolean;
}

export interface BuildFiles {
  /** Absolute paths, sorted; of folders, the empty ones. */
  readonly files: readonly string[];
  /** Empty where a .dockerignore says what is sent. */
  readonly clutter: readonly Clutter[];
}

/** What is hardly ever meant to be in an image. */
const CLUTTER = /^(\.git|\.?venv|node_modules|__pycache__|\.env|.*\.log)$/;
/** Left out, since it has secrets, or changes without the application. */
const NEVER_SENT = new Set(['.git', '.env']);

/** What git ignores in a folder, without a slash at the end; nothing where the folder is in no repository. */
function gitIgnored(folder: string): string[] {
  const args = ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z'];
  try {
    const printed = execFileSync('git', ['-C', folder, ...args], {
      ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64 * 1024 ** 2 },
      env: programEnvironment(),
    });
    const paths = printed.split('\0').filter(Boolean);
    // A folder that is ignored itself is a context all the same.
    return paths.some((path) => path === './' || path.startsWith('../'))
      ? []
      : paths.map((path) => path.replace(/\/$/, ''));
  } catch {
    return [];
  }
}

/** Whether a Dockerfile names a path, or one below it: then it is meant to be sent. */
function isNamed(path: string, copied: readonly string[]): boolean {
  return copied.some((source) => {
    const named = source.replace(/^\.?\//, '');
    return named === path || named.startsWith(`${path}/`);
  });
}

const entriesOf = (folder: string): Dirent[] =>
  readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));

function sizeOf(path: string): number {
  if (!lstatSync(path).isDirectory()) return lstatSync(path).size;
  return entriesOf(path).reduce((sum, { name }) => sum + sizeOf(join(path, name)), 0);
}

/** All files below a folder but those that `isLeftOut`; of a folder that is left out, none is looked at. */
function walk(folder: string, isLeftOut: (path: string, isFolder: boolean) => boolean): string[] {
  const below = (path: string): string[] => {
    const entries = entriesOf(path);
    if (entries.length === 0 && path !== folder)
      return isLeftOut(relative(folder, path), false) ? [] : [path];
    return entries.flatMap((entry) => {
      const file = join(path, entry.name);
      if (isLeftOut(relative(folder, file), entry.isDirectory())) return [];
      return entry.isDirectory() ? below(file) : [file];
    });
  };
  return below(folder);
}

/** The rules of the Dockerfile's own ignore file, else of the folder's. */
function readIgnore(folder: string, dockerfile: string): string | undefined {
  const file = [`${dockerfile}.dockerignore`, '.dockerignore']
    .map((name) => resolve(folder, name))
    .find((path) => existsSync(path));
  return file && readFileSync(file, 'utf8');
}

/**
 * The files of a context. Its .dockerignore decides; without one, what git ignores is left out, and `.env` and `.git`.
 * @param copied paths that the Dockerfile copies: these are sent in any case
 */
export function buildFiles(
  folder: string,
  copied: readonly string[] = [],
  dockerfile = 'Dockerfile',
): BuildFiles {
  const rules = readIgnore(folder, dockerfile);
  if (rules !== undefined) {
    const ignore = dockerignore({ ignorecase: false }).add(rules);
    // A file below an ignored folder may be taken back by a rule.
    const isFinal = !/^\s*!/m.test(rules);
    const files = walk(folder, (path, isFolder) => (!isFolder || isFinal) && ignore.ignores(path));
    return { files, clutter: [] };
  }
  const ignored = new Set(gitIgnored(folder));
  const clutter: Clutter[] = [];
  const files = walk(folder, (path) => {
    const name = path.split('/').at(-1) ?? '';
    const leftOut = (ignored.has(path) || NEVER_SENT.has(path)) && !isNamed(path, copied);
    const isBelow = clutter.some((other) => path.startsWith(`${other.path}/`));
    if ((leftOut || CLUTTER.test(name)) && !isBelow) clutter.push({ path, leftOut });
    return leftOut;
  });
  return { files, clutter };
}

const MIB = 1024 ** 2;
const size = (bytes: number): string =>
  bytes >= MIB ? `${Math.round(bytes / MIB)} MiB` : `${Math.max(1, Math.round(bytes / 1024))} KiB`;

const LISTED = 6;

/**
 * One line that names what a context has and should not have; undefined where there is nothing.
 * @param shown what the folder is called
 */
export function clutterNotice(
  shown: string,
  folder: string,
  clutter: readonly Clutter[],
): string | undefined {
  const list = (items: readonly Clutter[]) => {
    const sizes = items.map(({ path }) => ({ path, bytes: sizeOf(join(folder, path)) }));
    const biggest = sizes.sort((a, b) => b.bytes - a.bytes).slice(0, LISTED);
    const listed = biggest.map(({ path, bytes }) => `${path} (${size(bytes)})`).join(', ');
    const more = items.length - biggest.length;
    return more > 0 ? said.andMore(listed, more) : listed;
  };
  const out = clutter.filter(({ leftOut }) => leftOut);
  const sent = clutter.filter(({ leftOut }) => !leftOut);
  if (clutter.length === 0) return undefined;
  const name = shown || '.';
  if (out.length === 0) return said.sent(name, list(sent));
  return sent.length === 0 ? said.leftOut(name, list(out)) : said.sentAndLeftOut(name, list(sent), list(out));
}
