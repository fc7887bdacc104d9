/** Validates settings. All problems are reported at once, each as *name: rule, got "value". What to do.* */
import { dirname } from 'node:path/posix';
import { distance } from 'fastest-levenshtein';
import { messages } from '../../messages/index.ts';
import { UserError } from '../errors.mjs';
import { type Definition, SETTING_NAMES, SETTINGS, type SettingName, type Settings } from './definitions.ts';
import { type DotEnv, parseDotEnv } from './dotenv.ts';
import { parseEnvFile } from './env-file.ts';
import { own } from './own.ts';
import { problem } from './problem.ts';
import { relations } from './relations.ts';
import type { FileSystem } from './rules.ts';

const { parse: said, problem: places } = messages.settings;

const PREFIX = 'BTCW_';
const TYPO_DISTANCE = 4;

type Environment = Readonly<Record<string, string | undefined>>;
/** What is said of a name that is no setting, with the one that is likely to be meant. */
function unknownName(name: string): string {
  const upper = name.toUpperCase();
  // A short name that lacks the prefix resembles many.
  const isNear = (known: string) =>
    Math.min(distance(name, known), distance(upper, known)) <= TYPO_DISTANCE ||
    distance(PREFIX + upper, known) <= Math.min(TYPO_DISTANCE, name.length / 4);
  const edits = (known: string) =>
    Math.min(...[name, upper, PREFIX + upper].map((given) => distance(given, known)));
  const [nearest] = SETTING_NAMES.filter(isNear).sort((a, b) => edits(a) - edits(b));
  return nearest ? said.didYouMean(name, nearest) : said.unknown(name);
}

const isUnknown = (name: string): boolean => !Object.hasOwn(SETTINGS, name);

/** Edits that still leave a setting's name to be meant. @example 'BTWC_PROJECT' */
const SWAPPED_LETTERS = 2;

/** Whether a name is an application's own, and no setting with a typo. */
const isForeign = (name: string): boolean => {
  const upper = name.toUpperCase();
  return (
    !upper.startsWith(PREFIX) && SETTING_NAMES.every((known) => distance(upper, known) > SWAPPED_LETTERS)
  );
};

/**
 * Whether a file of settings is that of the compose file beside it, too: it is then read as Compose reads it, and holds
 * names of the application's own.
 */
function isShared({ file, entries }: DotEnv, environment: Environment, files: FileSystem): boolean {
  const name = 'BTCW_COMPOSE_FILE' satisfies SettingName;
  const given = environment[name] ?? entries.findLast((entry) => entry.name === name)?.value;
  const composeFile = given?.trim() || SETTINGS[name].find?.(files, {});
  if (!composeFile || composeFile === 'off') return false;
  return dirname(files.resolve(composeFile)) === dirname(files.resolve(file));
}

/**
 * @param settings those before it, as far as they are right
 * @returns the value of one setting, or its problem line
 */
function parseOne(
  name: string,
  definition: Definition,
  given: string | undefined,
  files: FileSystem,
  fix: string | undefined,
  settings: Readonly<Record<string, unknown>>,
): { readonly value: unknown } | { readonly problem: string } {
  const raw = given || definition.default || definition.find?.(files, settings) || '';
  const result = definition.schema.safeParse(raw);
  if (!result.success) {
    const shown = definition.secretQuery ? raw.replace(/\/\/.*@/, '//…@').replace(/\?.*/, '?…') : raw;
    return { problem: problem(name, result.error.issues[0]?.message ?? said.invalid, shown, fix) };
  }
  if (!definition.path || result.data === undefined || definition.words?.includes(raw))
    return { value: result.data };
  const path = files.resolve(raw);
  const broken = definition.path(path, files);
  return broken ? { problem: problem(name, broken, raw, fix) } : { value: path };
}

/**
 * Validates all settings together.
 * @param environment the environment, which wins
 * @param dotEnv the content of `.env`, or '' where there is none
 * @param files what settings that name a path are checked against
 * @throws {UserError} with one line for each problem
 */
export function parseSettings(
  environment: Environment,
  dotEnv: string | DotEnv,
  files: FileSystem,
): Settings {
  const strict = typeof dotEnv === 'string' ? parseDotEnv(dotEnv) : dotEnv;
  const { file, text } = strict;
  const shared = text !== undefined && isShared(strict, environment, files);
  const { entries, problems: fileProblems } = shared
    ? parseEnvFile(text, file, (name) => own(environment, name))
    : strict;
  const problems = [...fileProblems];
  const given: Record<string, string> = {};
  const fixes: Record<string, string> = {};
  for (const { name, value, line } of entries) {
    const isKnown = !isUnknown(name) || (shared && isForeign(name));
    const place = places.place(file, line);
    if (!isKnown) problems.push(places.at(place, unknownName(name)));
    given[name] = value.trim();
    fixes[name] = places.setIn(place);
  }
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.toUpperCase().startsWith(PREFIX)) continue;
    if (isUnknown(name)) problems.push(unknownName(name));
    given[name] = value.trim();
    delete fixes[name];
  }
  const values: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const parsed = parseOne(name, SETTINGS[name], given[name], files, fixes[name], values);
    if ('problem' in parsed) problems.push(parsed.problem);
    else values[name] = parsed.value;
  }
  const settings = Object.freeze(values) as Settings;
  if (problems.length === 0) problems.push(...relations(settings, given));
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  return settings;
}
