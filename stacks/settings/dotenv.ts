/**
 * Reads the text of `.env` by the rules of Docker Compose, but leaves nothing out in silence: a line that is not
 * blank, a comment or NAME=value is a problem. Values are not interpolated, and none takes several lines.
 * https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
 */
import { messages } from '../../messages/index.ts';

const { dotenv: said, problem: places } = messages.settings;

export interface DotEnvEntry {
  readonly name: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** What a file of settings holds. */
export interface DotEnv {
  /** As the user calls it. @example '.env' */
  readonly file: string;
  readonly entries: readonly DotEnvEntry[];
  /** What was read; undefined where the file could not be. */
  readonly text?: string;
  /** One line for each thing that is not as it should be. */
  readonly problems: readonly string[];
}

const SHOWN_LENGTH = 60;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const shown = (text: string): string =>
  text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)} …` : text;

/** What is wrong with a line that is not NAME=value. */
function notAnAssignment(line: string): string {
  const [, name, sign, value] = /^(?:export\s+)?(\w+)\s*(＝|:|：|\s)\s*(.*)$/.exec(line) ?? [];
  if (!name) return said.notAssignment(shown(line));
  const sample = shown(value ?? '');
  return sign?.trim()
    ? said.wrongSign(sign, shown(line), name, sample)
    : said.noSign(shown(line), name, sample);
}

type Value = { readonly value: string } | { readonly problem: string };

/** A "$" would be replaced by Docker Compose, and is not here: it must not mean two things. */
const variable = (text: string): Value => ({ problem: said.variable(shown(text)) });

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', $: '$' };

/** A value that begins with a quote. */
function quoted(text: string): Value {
  const quote = text.charAt(0);
  let value = '';
  for (let at = 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === quote) {
      const rest = text.slice(at + 1);
      if (/^\s*(#|$)/.test(rest)) return { value };
      return { problem: said.afterQuote(shown(rest.trim())) };
    }
    const escaped = next === quote ? quote : quote === '"' ? ESCAPES[next] : undefined;
    if (char === '\\' && escaped !== undefined) {
      value += escaped;
      at += 1;
    } else if (char === '$' && quote === '"' && /[{\w]/.test(next)) return variable(text);
    else value += char;
  }
  return { problem: said.openQuote(quote, shown(text)) };
}

function unquoted(text: string): Value {
  // A comment begins with a "#" after a space: "= # none" has one, "=#1" has a value.
  const value = text.replace(/\s#.*$/, '').trim();
  return /\$[{\w]/.test(value) ? variable(value) : { value };
}

/**
 * Reads the text of a file of settings.
 * @param file as the user calls it
 */
export function parseDotEnv(text: string, file = '.env'): DotEnv {
  const entries: DotEnvEntry[] = [];
  const problems: string[] = [];
  for (const [index, whole] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const content = whole.trim();
    if (content === '' || content.startsWith('#')) continue;
    const line = index + 1;
    const report = (problem: string) => problems.push(places.at(places.place(file, line), problem));
    const [, key = '', rest = ''] = /^([^=]*)=(.*)$/.exec(content) ?? [];
    const name = key.replace(/^export\s+/, '').trim();
    if (!NAME.test(name)) {
      report(notAnAssignment(content));
      continue;
    }
    const first = entries.find((entry) => entry.name === name);
    if (first) report(said.twice(name, first.line));
    const start = rest.trimStart();
    const result = /^["']/.test(start) ? quoted(start) : unquoted(rest);
    if ('problem' in result) report(result.problem);
    // Kept even when it is wrong: the name is then neither unknown nor set twice without a word.
    entries.push({ name, value: 'value' in result ? result.value : '', line });
  }
  return { file, entries, problems, text };
}

/** Marks at the beginning of a file, and which encoding they tell. */
const UTF16_MARKS: readonly (readonly [first: number, second: number])[] = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];

/**
 * The text of a file of settings, or why it has none.
 * @param bytes its content
 */
export function decodeDotEnv(
  bytes: Uint8Array,
  file = '.env',
): { readonly text: string } | { readonly problem: string } {
  const hasMark = UTF16_MARKS.some(([first, second]) => bytes[0] === first && bytes[1] === second);
  if (hasMark) return { problem: said.utf16(file) };
  if (bytes.includes(0)) return { problem: said.nulBytes(file) };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const broken = new TextDecoder().decode(bytes).split('\n');
    const line = broken.findIndex((content) => content.includes('\uFFFD')) + 1;
    return { problem: said.notUtf8(places.place(file, line)) };
  }
}
