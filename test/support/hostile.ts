/** Bad input: texts, bytes and documents that nobody should write, and what a message about them may not look like. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { UserError } from '../../stacks/errors.mjs';

/** Paths where no file of text is. @param folder an empty one, for those that have to be made */
export function hostilePaths(folder: string): string[] {
  const at = (name: string) => join(folder, name);
  mkdirSync(at('folder'));
  execFileSync('mkfifo', [at('fifo')]);
  symlinkSync(at('nowhere'), at('dead-link'));
  symlinkSync(at('loop'), at('loop'));
  writeFileSync(at('empty'), '', { mode: 0o600 });
  writeFileSync(at('binary'), Buffer.from([0xff, 0xfe, 0, 0x80, 0xc3, 0x28]), { mode: 0o600 });
  const made = ['folder', 'fifo', 'dead-link', 'loop', 'empty', 'binary', 'missing', 'empty/below'].map(at);
  return [
    ...made,
    '/dev/zero',
    '/dev/full',
    '/dev/null',
    '/proc/self/mem',
    '/',
    '.',
    '..',
    '~',
    '//',
    '/a'.repeat(3_000),
  ];
}

/** Texts that have misled a program before. */
const TEXTS = [
  ...[
    '',
    ' ',
    '-',
    '--',
    '---',
    '=',
    '-=',
    '--=x',
    '-x',
    '—dry-run',
    '–yes',
    '−1',
    '‐‐json',
    '\t',
    '\n',
    '\r\n',
  ],
  ...[
    '0',
    '-0',
    '-1',
    '00',
    '007',
    '0x10',
    '1e3',
    '1e308',
    '١',
    '９',
    '1.5',
    'NaN',
    'Infinity',
    '65536',
    '99999999999999999999',
  ],
  ...[
    '4294967296',
    '9007199254740993',
    '2147483648',
    '1k',
    '1kk',
    '0m',
    '9999g',
    '1s',
    '0s',
    '99999999999999999m',
    '-5m',
  ],
  ...[
    'null',
    'undefined',
    'true',
    'on',
    'off',
    'yes',
    '[]',
    '{}',
    '[object Object]',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...[
    '$',
    '${',
    '$' + '{A',
    '$' + '{A:?}',
    '$' + '{toString}',
    '$' + '{__proto__}',
    '%{',
    '$(id)',
    '`id`',
    '; id',
    '| id',
    '&& id',
    '%s%n',
    '../..',
  ],
  ...[
    '(',
    '[',
    '*',
    '+',
    '\\',
    '(?<',
    '.*',
    '\u0000'.slice(1),
    '\u202e',
    '\u200b',
    '\ufeff',
    '🏴',
    'é',
    '名',
    'ＢＴＣＷ',
    '\u001b[2J',
  ],
  ...[
    'http://',
    'HTTP://127.0.0.1:9',
    'http://127.0.0.1:9 ',
    'http://127.0.0.1:99999',
    'http://[::1',
    'http://u:p@127.0.0.1:9',
  ],
  ...[
    'http://127.0.0.1:9?x=1#y',
    'http://127.0.0.1:9/\u00e9',
    'ftp://127.0.0.1:9',
    'file:///etc/passwd',
    'javascript:1',
    'HTTPS://127.0.0.1:9',
  ],
  ...[
    '127.0.0.1',
    '0.0.0.0',
    '256.1.1.1',
    '::1',
    '127.0.0.1:0',
    '127.0.0.1:99999',
    'localhost',
    'a'.repeat(5_000),
  ],
];

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ maxLength: 20 }),
);

/** A word of a command line or a value of a setting: no program can be given one with a NUL in it. @param more as likely */
export const hostileText = (more: readonly string[] = []): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.constantFrom(...TEXTS, ...more),
      anyText,
      fc.tuple(fc.constantFrom(...TEXTS, ...more), anyText).map(([one, other]) => one + other),
    )
    .map((text) => text.replaceAll('\0', ''));

/** Bytes of a file: text, damaged text, or anything. @param texts of good ones */
export const hostileBytes = (texts: readonly string[]): fc.Arbitrary<Uint8Array> => {
  const text = hostileFile(texts).map((content) => new TextEncoder().encode(content));
  const pair = fc.tuple(text, fc.uint8Array({ maxLength: 20 }), fc.nat());
  return fc.oneof(
    { weight: 4, arbitrary: text },
    fc.uint8Array({ maxLength: 200 }),
    pair.map(([good, bad, at]) => {
      const from = at % (good.length + 1);
      return Uint8Array.from([...good.slice(0, from), ...bad, ...good.slice(from)]);
    }),
  );
};

/** Lines of YAML, of environment files and of none. */
const LINES = [
  ...[
    '&a [*a]',
    '<<: *a',
    '<<: [*a, 1]',
    '? [a]',
    '- - - -',
    '!!binary x',
    '!reset null',
    '!!js/function x',
    '%YAML 9.9',
    '---',
    '...',
  ],
  ...[
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ':',
    ': :',
    '#',
    '\t',
    '*',
    '|',
    '>',
    '- ',
    'a: &a',
    'a: *b',
    '__proto__: 1',
    'constructor: [1]',
  ],
  ...[
    '=',
    'A',
    '=x',
    'A=',
    'export',
    'export A',
    'A="',
    "A='",
    'A=$',
    'A=$' + '{',
    'A=$' + '{A:?}',
    'A: b',
    'A＝b',
    'BTCW_',
    'toString=1',
    '1A=2',
  ],
  '['.repeat(20_000),
  '{a: '.repeat(5_000),
  '- '.repeat(5_000),
  `a0: &a0 [1,1]\n${Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at},*a${at}]`).join('\n')}`,
];

interface Edit {
  readonly at: number;
  readonly kind: 'delete' | 'double' | 'insert' | 'indent' | 'cut' | 'splice';
  readonly text: string;
}
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('delete', 'double', 'insert', 'indent', 'cut', 'splice'),
  text: fc.oneof(fc.constantFrom(...LINES), hostileText()),
});

function edited(source: string, { at, kind, text }: Edit): string {
  if (kind === 'cut') return source.slice(0, at % (source.length + 1));
  if (kind === 'splice') {
    const from = at % (source.length + 1);
    return source.slice(0, from) + text + source.slice(from);
  }
  const lines = source.split('\n');
  const line = at % lines.length;
  const kept = lines[line] ?? '';
  const instead = { delete: [], double: [kept, kept], insert: [text, kept], indent: [`  ${kept}`] }[kind];
  return lines.toSpliced(line, 1, ...instead).join('\n');
}

/** A text file: a good one with up to four edits, or none of that kind. @param texts good ones */
export const hostileFile = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...texts, ''), fc.array(edit, { maxLength: 4 }))
    .map(([text, edits]) => edits.reduce(edited, text));

interface Change {
  readonly at: number;
  readonly kind: 'delete' | 'double' | 'replace' | 'rename' | 'swap' | 'nest';
  readonly value: unknown;
  readonly name: string;
}
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('delete', 'double', 'replace', 'rename', 'swap', 'nest'),
  value: fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      1e21,
      '',
      [],
      {},
      [null],
      [[]],
      { a: null },
      [{}],
      ['constructor'],
    ),
    hostileText(),
    fc.jsonValue({ maxDepth: 2 }),
  ),
  name: hostileText(),
});

type Holder = Record<string, unknown> | unknown[];
const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;

/** Every place in a document, from the outside in. */
function placesIn(value: unknown): { holder: Holder; key: string }[] {
  if (!isHolder(value)) return [];
  return Object.entries(value).flatMap(([key, part]) => [{ holder: value, key }, ...placesIn(part)]);
}

function changed(document: unknown, { at, kind, value, name }: Change): unknown {
  const root: Holder = { root: structuredClone(document) };
  const places = placesIn(root);
  const place = places[at % places.length];
  if (!place) return document;
  const { holder, key } = place;
  const own = Reflect.get(holder, key);
  const other = places[(at * 31) % places.length];
  const set = (to: string, what: unknown) =>
    Object.defineProperty(holder, to, { value: what, enumerable: true, configurable: true, writable: true });
  if (kind === 'replace') set(key, value);
  if (kind === 'nest') set(key, { [name]: own });
  if (kind === 'swap' && other) set(key, structuredClone(Reflect.get(other.holder, other.key)));
  if (kind === 'double' && Array.isArray(holder)) holder.push(structuredClone(own));
  if (kind === 'double' && !Array.isArray(holder)) set(name, structuredClone(own));
  if (kind === 'rename' && !Array.isArray(holder) && holder !== root) set(name, own);
  if ((kind === 'delete' || kind === 'rename') && holder !== root) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else if (key !== name) delete holder[key];
  }
  return root.root;
}

/** A document of maps, lists and values: a good one with one to four changes. @param documents good ones */
export const hostileDocument = (documents: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc
    .tuple(fc.constantFrom(...documents), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([document, changes]) => changes.reduce(changed, document));

/** What only a defect prints. */
const DEFECTS = [
  /^\s+at .*[\w)]$/m,
  /\b[A-Z]\w*Error\b/,
  /\bundefined\b/,
  /\[object \w+\]/,
  /\bNaN\b/,
  /\bnative code\b/,
  /=>/,
];

/** The first thing in a message that only a defect prints, where the input itself does not have it. */
export function defectIn(message: string, input: string): string | undefined {
  return DEFECTS.map((pattern) => pattern.exec(message)?.[0]).find(
    (found) => found !== undefined && !input.includes(found.trim()),
  );
}

/** The longest that one input may take, in ms. */
export const DEADLINE_MS = 10_000;

/**
 * Gives bad input to a function, which may accept it, or refuse it in words.
 * @param input as it may be quoted in a message
 * @returns what it gave; undefined where it refused
 * @throws {Error} for any other failure, and for a refusal that nobody can read
 */
export function judged<T>(input: unknown, run: () => T): T | undefined {
  const startedMs = performance.now();
  let result: T | undefined;
  try {
    result = run();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    judgeLines(typeof input === 'string' ? input : JSON.stringify(input), [error.message]);
  }
  const ms = performance.now() - startedMs;
  if (ms > DEADLINE_MS) throw new Error(`it took ${Math.round(ms)} ms`);
  return result;
}

/** As {@link judged}, of what takes its time. */
export async function judgedLater(input: string, run: () => Promise<unknown>): Promise<void> {
  const startedMs = performance.now();
  const failure: unknown = await run().then(
    () => undefined,
    (error: unknown) => error,
  );
  const ms = performance.now() - startedMs;
  if (ms > DEADLINE_MS) throw new Error(`it took ${Math.round(ms)} ms`);
  if (failure !== undefined) {
    judged(input, () => {
      throw failure;
    });
  }
}

/** As {@link judged}, of lines with problems. */
export function judgeLines(input: string, lines: readonly string[]): void {
  for (const line of lines) {
    const defect = line.trim() === '' ? 'no message' : defectIn(line, input);
    if (defect) throw new Error(`"${defect}" in: ${line}`);
  }
}
