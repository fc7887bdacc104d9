/**
 * Reads environment files (Compose: env_file) exactly as Docker Compose does: the process gets the same bytes.
 * https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax
 */
import { messages } from '../../messages/index.ts';
import type { DotEnvEntry } from './dotenv.ts';
import { interpolate, type Lookup } from './interpolate.ts';

const { envFile: said, problem: places } = messages.settings;

/** What a file of environment variables holds. */
export interface EnvFile {
  /** Each name once, with its last value. */
  readonly entries: readonly DotEnvEntry[];
  /** A line for each thing that is wrong, naming file and line and no value: it may be a secret. */
  readonly problems: readonly string[];
  /** Variables that were replaced by nothing, as nothing sets them. */
  readonly unset: readonly string[];
  /** Variables whose value was taken from outside the file, if it was. */
  readonly asked: readonly string[];
}

/** A value as it is written, and what follows it. In a literal one no variable is replaced. */
interface RawValue {
  readonly text: string;
  readonly rest: string;
  readonly isLiteral: boolean;
  readonly isQuoted: boolean;
}

/** Blanks within a line. */
const BLANKS = /^[\t\v\f\r \u0085\u00A0]+/;
const NAME = /^[A-Za-z_]\w*$/;

/** Whether a shell can export a variable of this name. */
export const isVariableName = (name: string): boolean => NAME.test(name);

/** The escapes of a double-quoted value; other backslashes stay. */
const ESCAPE = /\\(?:[abcfnrtv$"\\]|0\d{0,3})/g;
const ESCAPED: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '"': '"', '\\': '\\' },
  // Two, since variables are replaced after this.
  $: '$$',
};

/** What an escape stands for; one that is none stays as it is. */
function escaped(sequence: string): string {
  const octal = /^\\0([0-3][0-7]{2})$/.exec(sequence)?.[1];
  if (octal) return String.fromCharCode(Number.parseInt(octal, 8));
  return ESCAPED[sequence.slice(1)] ?? sequence;
}

/** A value that begins with a quote: it may have several lines. Undefined where it does not end. */
function quotedValue(source: string): RawValue | undefined {
  const quote = source.charAt(0);
  let text = '';
  let afterBackslash = false;
  for (let at = 1; at < source.length; at += 1) {
    const char = source.charAt(at);
    if (char === quote && !afterBackslash) {
      const isLiteral = quote === "'";
      const value = isLiteral ? text : text.replace(ESCAPE, escaped);
      return { text: value, rest: source.slice(at + 1), isLiteral, isQuoted: true };
    }
    if (char === '\\' && !afterBackslash) {
      afterBackslash = true;
      continue;
    }
    if (afterBackslash && char !== quote) text += '\\';
    afterBackslash = false;
    text += char;
  }
  return undefined;
}

/** The rest of the line; a comment begins with a "#" after a space. */
function plainValue(source: string): RawValue {
  const [line = ''] = source.split('\n', 1);
  const [value = ''] = line.split(' #', 1);
  return { text: value.trimEnd(), rest: source.slice(line.length + 1), isLiteral: false, isQuoted: false };
}

/**
 * Reads the text of an environment file.
 * @param file as the user calls it
 * @param lookup variables of the environment: they win where one is named in a value, and are the value of a name that
 * has none
 */
export function parseEnvFile(text: string, file: string, lookup: Lookup = () => undefined): EnvFile {
  const entries = new Map<string, DotEnvEntry>();
  const problems: string[] = [];
  const unset = new Set<string>();
  const asked = new Set<string>();
  const outside: Lookup = (name) => {
    asked.add(name);
    return lookup(name);
  };
  const known: Lookup = (name) => outside(name) ?? entries.get(name)?.value;
  let rest = text.replace(/^\uFEFF/, '');
  const { length } = rest;
  const whole = rest;
  const lineOf = (left: string) => whole.slice(0, length - left.length).split('\n').length;
  for (;;) {
    rest = rest.trimStart();
    if (rest === '') break;
    const [first = ''] = rest.split('\n', 1);
    if (first.startsWith('#')) {
      rest = rest.slice(first.length);
      continue;
    }
    const line = lineOf(rest);
    const report = (problem: string) => problems.push(places.at(places.place(file, line), problem));
    const prefix = /^export[\t\v\f\r \u0085\u00A0]+/.exec(first)?.[0] ?? '';
    // Compose takes "NAME: value", too.
    const sign = /[=:]/.exec(first.slice(prefix.length));
    const end = sign ? prefix.length + sign.index : first.length;
    const name = first.slice(prefix.length, end).trimEnd();
    if (!isVariableName(name)) {
      report(said.notAssignment);
      rest = rest.slice(first.length);
      continue;
    }
    if (!sign) {
      const value = outside(name);
      if (value !== undefined) entries.set(name, { name, value, line });
      rest = rest.slice(first.length);
      continue;
    }
    const source = rest.slice(end + 1).replace(BLANKS, '');
    const raw = /^["']/.test(source) ? quotedValue(source) : plainValue(source);
    if (!raw) {
      report(said.openQuote(source.charAt(0), name));
      break;
    }
    rest = raw.rest;
    if (raw.isQuoted && !/^[^\S\n]*(#|\n|$)/.test(rest)) {
      report(said.afterQuote(name));
      rest = rest.slice((rest.split('\n', 1)[0] ?? '').length);
      continue;
    }
    const result = raw.isLiteral ? { value: raw.text, unset: [] } : interpolate(raw.text, known);
    if ('problem' in result) {
      report(said.variable(name, result.problem));
      continue;
    }
    for (const variable of result.unset) unset.add(variable);
    if (result.value.includes('\0')) report(said.nul(name));
    entries.set(name, { name, value: result.value, line });
  }
  return { entries: [...entries.values()], problems, unset: [...unset], asked: [...asked] };
}

/** A line that {@link parseEnvFile} reads as exactly this value. */
export const envLine = (name: string, value: string): string =>
  `${name}="${value.replaceAll(/[\\"$]/g, (char) => `\\${char}`)}"\n`;
