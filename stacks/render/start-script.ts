/** Renders the script that hands a service its secret environment. */
import type { DotEnvEntry } from '../settings/dotenv.ts';

/** A POSIX shell word that stands for exactly this text. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Marks a variable in a word; characters that no text has, as Unicode leaves them to programs. */
const [MARK, END] = ['\uE000', '\uE001'];
const VARIABLE = /\uE000(\w+)\uE001/;

/** What stands in a word for a variable of the script's: its value is in no command line. */
export const hiddenVariable = (name: string): string => `${MARK}${name}${END}`;

/** Whether a word has such a variable. */
export const hidesVariable = (word: string): boolean => VARIABLE.test(word);

/** A word with its variables. @example 'redis://:"$PASSWORD"@redis', in quotes as a shell needs them */
export const wordWithVariables = (word: string): string =>
  word
    .split(VARIABLE)
    // Every second part is a variable's name.
    .map((part, index) => (index % 2 === 1 ? `"$${part}"` : part && shellQuote(part)))
    .join('') || "''";

/** A line of shell with its variables. */
export const lineWithVariables = (line: string): string =>
  line
    .split(VARIABLE)
    .map((part, index) => (index % 2 === 1 ? `\${${part}}` : part))
    .join('');

/** In scripts that take a program: those of earlier versions start the service's whatever they are given. */
export const TAKES_PROGRAM = '# Starts the program it is given, else the service.';

/**
 * A script that exports variables and becomes a program: the one it is given as arguments, so that others run with the
 * same environment, or the service's own.
 */
export function startScript(
  variables: readonly Pick<DotEnvEntry, 'name' | 'value'>[],
  program: readonly string[],
): string {
  const lines = [
    '#!/bin/sh',
    TAKES_PROGRAM,
    ...variables.map(({ name, value }) => `export ${name}=${shellQuote(value)}`),
    `[ $# -gt 0 ] || set -- ${program.map(wordWithVariables).join(' ')}`,
    'exec "$@"',
  ];
  return `${lines.join('\n')}\n`;
}

/** The value that a script exports under a name; undefined where it does not. */
export function exportedBy(script: string, name: string): string | undefined {
  const prefix = `export ${name}='`;
  const start = script.startsWith(prefix) ? 0 : script.indexOf(`\n${prefix}`) + 1;
  if (!script.startsWith(prefix, start)) return undefined;
  const quoted = /^((?:[^']|'\\'')*)'\n/.exec(script.slice(start + prefix.length))?.[1];
  return quoted?.replaceAll(`'\\''`, "'");
}
