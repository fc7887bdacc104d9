import { readdirSync, readFileSync, statSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { messages as bootstrapMessages } from '../../messages/bootstrap.mjs';
import { bootstrap as bootstrapEn } from '../../messages/en/bootstrap.mjs';
import { CATALOGUES, messages } from '../../messages/index.ts';
import { chooseLanguage } from '../../messages/language.mjs';
import { bootstrap as bootstrapZh } from '../../messages/zh/bootstrap.mjs';

type Said = string | ((...args: never[]) => string);
type Group = { readonly [key: string]: Said | Group };

/** Every message with its path, such as `commands.deploy.goingBack`. */
const saidIn = (group: Group, path: readonly string[] = []): [path: string, said: Said][] =>
  Object.entries(group).flatMap(([key, value]): [string, Said][] =>
    typeof value === 'object' ? saidIn(value, [...path, key]) : [[[...path, key].join('.'), value]],
  );

/** A message with arguments that can be found in it again. */
const spoken = (said: Said): string =>
  typeof said === 'string'
    ? said
    : said(...(Array.from({ length: Math.max(said.length, 8) }, (_, index) => `⟨${index}⟩`) as never[]));
const argumentsIn = (text: string) => [...new Set(text.match(/⟨\d⟩/g))].sort();

const english = [...saidIn(CATALOGUES.en), ...saidIn(bootstrapEn)];
const chinese = new Map([...saidIn(CATALOGUES.zh), ...saidIn(bootstrapZh)]);

describe('the catalogues', () => {
  it('have the same messages', () => {
    expect([...chinese.keys()].sort()).toEqual(english.map(([path]) => path).sort());
  });

  it.each(english)('say %s with the same names and numbers', (path, said) => {
    expect(argumentsIn(spoken(chinese.get(path) ?? ''))).toEqual(argumentsIn(spoken(said)));
  });

  it('are each in their own language', () => {
    const han = /\p{Script=Han}/u;
    /** Without what is the same in both: names of programs, commands, settings, units. */
    const words = (text: string) => text.replace(/⟨\d⟩|`[^`]*`|"[^"]*"/g, '').match(/\b[a-z]{4,}\b/gi) ?? [];
    const inEnglish = english.filter(([, said]) => han.test(spoken(said)));
    const inChinese = [...chinese].filter(
      ([, said]) => words(spoken(said)).length > 2 && !han.test(spoken(said)),
    );
    expect({ inEnglish, inChinese }).toEqual({ inEnglish: [], inChinese: [] });
  });

  it('are in English in these tests', () => {
    expect(messages).toBe(CATALOGUES.en);
    expect(bootstrapMessages).toBe(bootstrapEn);
  });
});

describe('the language', () => {
  const none = '/nonexistent';
  it.each([
    [{}, 'en'],
    [{ LANG: 'C' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8' }, 'zh'],
    [{ LANG: 'zh' }, 'zh'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'en_US.UTF-8' }, 'en'],
    [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'zh_TW.UTF-8' }, 'zh'],
    [{ LANG: 'zh_CN.UTF-8', BTCW_LANG: 'en' }, 'en'],
    [{ LANG: 'en_US.UTF-8', BTCW_LANG: 'zh' }, 'zh'],
    [{ LANG: 'zh_CN.UTF-8', BTCW_LANG: '' }, 'zh'],
  ] as const)('of %j is %s', (env, language) => {
    expect(chooseLanguage(env, none)).toBe(language);
  });
});

/** What is written out for programs, not for people. */
const NOT_SAID: readonly RegExp[] = [
  // Commands.
  /^(docker|sudo|node|\.\/btcw|npm|npx|git|curl|cat|test|exec|set|sed|if|for|while|printf|echo|kill|getent|scp|ss) /,
  /^(timedatectl|chown|chmod|apt-get|systemctl|ip|nft|iptables|ufw|SELECT|CREATE|SET|UPDATE) |^… && /,
  // Scripts, parts of commands and queries.
  /\$[(\d]|^… exec |^(FROM|RUN|deb) /,
  // Headers, markup, classes of the picture.
  /^[\w-]+: [\w-]+;|^<\w+ |^mono /,
  // nginx's and frp's own words.
  /^proxy_buffering |start proxy success$|[{;]$/,
  // What programs and files call something.
  /^(Opening handshake has timed out|any time)$/,
];
const WORDS = /[A-Za-z]{2,} [a-z]{2,}/;
/** Folders and files that say nothing but by the catalogues. */
const FOLDERS: readonly string[] = [
  // In order.
  'scripts/backup',
  'scripts/bootstrap',
  'scripts/bootstrap.mjs',
  'scripts/cdktf.mjs',
  'scripts/cli.ts',
  'scripts/commands',
  'scripts/deployment',
  'scripts/diff',
  'scripts/docker',
  'scripts/doctor',
  'scripts/images',
  'scripts/lib',
  'scripts/run.mjs',
  'scripts/start.ts',
  'scripts/status',
  'scripts/verify',
  'stacks',
];
/** Files whose texts are for programs: Dockerfiles, configuration, shell. */
const FOR_PROGRAMS: readonly string[] = [
  'scripts/docker/reach.ts',
  'scripts/doctor/facts/nginx.ts',
  'scripts/lib/completion.ts',
  'stacks/render/',
  // Headings of .env.example.
  'stacks/settings/definition.ts',
  // Shell that runs in containers.
  'stacks/topology/health.ts',
];

/** An error that is none of a user's: who reads it reads the code, too. */
const isDefect = (node: ts.Node): boolean =>
  ts.isNewExpression(node) && node.expression.getText() === 'Error';

/** The documentation of a setting is with it, in each language. */
const isDocumentation = (node: ts.Node): boolean =>
  ts.isPropertyAssignment(node) && /^(en|zh)$/.test(node.name.getText());

/** Texts of a source that look as if they were for people. */
function textsIn(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || isDefect(node) || isDocumentation(node)) return;
    const text = ts.isStringLiteralLike(node)
      ? node.text
      : ts.isTemplateExpression(node)
        ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')
        : '';
    if (WORDS.test(text) && !NOT_SAID.some((pattern) => pattern.test(text.trim()))) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1}: ${text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Each file is parsed: over five seconds on a busy host. */
const BUSY_MS = 60_000;

describe('what is said', () => {
  it.each(FOLDERS)('by %s is in the catalogues', { timeout: BUSY_MS }, (path) => {
    const names = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => `${path}/${name}`)
      : [path];
    const files = names
      .filter((file) => /\.(ts|mjs)$/.test(file))
      .filter((file) => !FOR_PROGRAMS.some((prefix) => file.startsWith(prefix)));
    expect(files.flatMap(textsIn)).toEqual([]);
  });
});
