/**
 * Reads the text of `.env` by the rules of Docker Compose, but leaves nothing out in silence: a line that is not
 * blank, a comment or NAME=value is a problem. Values are not interpolated, and none takes several lines.
 * https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
 */

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
  const got = `got "${shown(line)}"`;
  const [, name, sign, value] = /^(?:export\s+)?(\w+)\s*(＝|:|：|\s)\s*(.*)$/.exec(line) ?? [];
  if (!name) return `should be NAME=value, ${got}.`;
  const what = sign?.trim() ? `"=" should follow the name, not "${sign}"` : '"=" is missing after the name';
  return `${what}, ${got}. Write ${name}=${shown(value ?? '')}`;
}

type Value = { readonly value: string } | { readonly problem: string };

/** A "$" would be replaced by Docker Compose, and is not here: it must not mean two things. */
const variable = (text: string): Value => ({
  problem: `"$" is not replaced by a variable here, got "${shown(text)}". Write the value itself, or put it in single quotes.`,
});

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
      return {
        problem: `nothing but a comment should follow the closing quote, got "${shown(rest.trim())}".`,
      };
    }
    const escaped = next === quote ? quote : quote === '"' ? ESCAPES[next] : undefined;
    if (char === '\\' && escaped !== undefined) {
      value += escaped;
      at += 1;
    } else if (char === '$' && quote === '"' && /[{\w]/.test(next)) return variable(text);
    else value += char;
  }
  return { problem: `the quote ${quote} is not closed on its line, got "${shown(text)}".` };
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
    const report = (problem: string) => problems.push(`${file}, line ${line}: ${problem}`);
    const [, key = '', rest = ''] = /^([^=]*)=(.*)$/.exec(content) ?? [];
    const name = key.replace(/^export\s+/, '').trim();
    if (!NAME.test(name)) {
      report(notAnAssignment(content));
      continue;
    }
    const first = entries.find((entry) => entry.name === name);
    if (first) report(`${name} is set in line ${first.line} already. Keep one of them.`);
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

const SAVE_AS = 'Save it as UTF-8.';

/**
 * The text of a file of settings, or why it has none.
 * @param bytes its content
 */
export function decodeDotEnv(
  bytes: Uint8Array,
  file = '.env',
): { readonly text: string } | { readonly problem: string } {
  const hasMark = UTF16_MARKS.some(([first, second]) => bytes[0] === first && bytes[1] === second);
  if (hasMark) return { problem: `${file}: should be UTF-8 text, but is UTF-16. ${SAVE_AS}` };
  if (bytes.includes(0)) {
    return { problem: `${file}: should be UTF-8 text, but has NUL bytes, as UTF-16 has. ${SAVE_AS}` };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const broken = new TextDecoder().decode(bytes).split('\n');
    const line = broken.findIndex((content) => content.includes('\uFFFD')) + 1;
    return { problem: `${file}, line ${line}: is not UTF-8 text (GBK, perhaps). ${SAVE_AS}` };
  }
}
