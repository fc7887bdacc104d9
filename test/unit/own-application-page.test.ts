/** The page "your own application", in both languages: what it names exists, and both say the same. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { program } from '../../scripts/cli.ts';
import { SETTING_NAMES } from '../../stacks/settings/definitions.ts';

const ENGLISH = 'docs/own-application.md';
const CHINESE = 'docs/own-application.zh-CN.md';
const PAGES = [ENGLISH, CHINESE];
const textOf = (page: string): string => readFileSync(page, 'utf8');

/** What is set as code, in lines or in blocks. */
const codeIn = (text: string): string[] =>
  [...text.matchAll(/```\w*\n([\s\S]*?)```|`([^`\n]+)`/g)].flatMap(([, block, inline]) =>
    (block ?? inline ?? '').split('\n'),
  );

/** The fenced blocks of a language. */
const blocksIn = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );

const settingsIn = (text: string): string[] => [...new Set(text.match(/BTCW_[A-Z_]*[A-Z]/g))].toSorted();

/** Calls of the package's commands. @example ['backup', '--json'] */
const callsIn = (text: string): string[][] =>
  codeIn(text).flatMap((line) =>
    [...line.matchAll(/(?:\.\/btcw|npm run) ([a-z]+)([^#;&|]*)/g)].map(([, name = '', rest = '']) => [
      name,
      ...(rest.split(/ -- (?!-)/)[0]?.match(/--[a-z][a-z-]*/g) ?? []),
    ]),
  );

describe.each(PAGES)('%s', (page) => {
  const text = textOf(page);

  it('names settings that exist', () => {
    expect(settingsIn(text).filter((name) => !SETTING_NAMES.some((known) => known === name))).toEqual([]);
  });

  it('calls commands that exist, with flags that they have', () => {
    const calls = callsIn(text);
    expect(calls.length).toBeGreaterThan(5);
    const unknown = calls.filter(([name = '', ...flags]) => {
      const command = program.commands.find((candidate) => candidate.name() === name);
      const known = [...(command?.options ?? []), ...program.options].map(({ long }) => long);
      return !command || flags.some((flag) => !known.includes(flag));
    });
    expect(unknown).toEqual([]);
  });

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([]);
  });
});

describe('both languages', () => {
  it.each(['sh', 'yaml', 'dotenv'])('have the same %s blocks', (language) => {
    expect(blocksIn(textOf(CHINESE), language)).toEqual(blocksIn(textOf(ENGLISH), language));
  });

  it('name the same settings and commands', () => {
    expect(settingsIn(textOf(CHINESE))).toEqual(settingsIn(textOf(ENGLISH)));
    expect(callsIn(textOf(CHINESE))).toEqual(callsIn(textOf(ENGLISH)));
  });
});
