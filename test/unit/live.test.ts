/** What is shown while something is done: on a terminal, and where there is none. */
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { begin } from '../../scripts/lib/live.ts';
import { textWidth } from '../../scripts/lib/text.ts';
import { type TerminalOptions, TestTerminal } from '../support/terminal.ts';

const TIMEOUT = { timeout: 60_000 };
const ENTER = '\n';
const CTRL_C = '\x03';
const BUNDLE = resolve('.build/live-program.mjs');

// As scripts/run.mjs does: it starts three times as fast.
beforeAll(async () => {
  await build({
    entryPoints: ['test/support/live-program.ts'],
    outfile: BUNDLE,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
}, 60_000);

const terminals: TestTerminal[] = [];
afterAll(() => {
  for (const terminal of terminals) terminal.close();
});

function start(args: readonly string[], options: TerminalOptions): TestTerminal {
  const env = { BTCW_LANG: 'en', ...options.env };
  const terminal = new TestTerminal(['node', BUNDLE, ...args], { ...options, env });
  terminals.push(terminal);
  return terminal;
}

/** Without what differs from run to run. */
const steady = (text: string) =>
  text
    .replace(/\d+\.\d s/g, '0.0 s')
    .replace(/\b\d+ s\b/g, '0 s')
    .replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, '*');
const shown = async (terminal: TestTerminal) => steady((await terminal.lines()).join('\n'));

const DEPLOYED = {
  en: [
    '  ✓ db: healthy (0.0 s)',
    '! a warning',
    'two',
    'lines',
    '  ✓ web: healthy (0.0 s)',
    '  ✗ proxy',
    'after',
  ],
  zh: ['  ✓ db：健康 (0.0 s)', '! a warning', 'two', 'lines', '  ✓ 网站：健康 (0.0 s)', '  ✗ proxy', 'after'],
};

describe.concurrent.each([80, 40])('on a terminal of %i columns', TIMEOUT, (columns) => {
  it.each([
    ['en', 'web'],
    ['zh', '网站'],
  ] as const)(
    'a deployment is a line for each container, below what is printed (%s)',
    async (language, name) => {
      const terminal = start(['deployment', name], { columns, env: { BTCW_LANG: language } });
      const first = steady(await terminal.shows(/no answer.*proxy(: |：).*\S/s)).split('\n');
      expect(first).toHaveLength(4);
      expect(first[1]).toMatch(new RegExp(`^ {2}\\* ${name}(: |：)0 s, no answer yet .*…$`));
      for (const line of first) expect(textWidth(line)).toBeLessThan(columns);
      terminal.press(ENTER);
      const second = steady(await terminal.shows(/lines\n.*\n.*\n.*proxy(: |：).*\S/)).split('\n');
      expect(second.slice(0, 4)).toEqual(DEPLOYED[language].slice(0, 4));
      expect(second).toHaveLength(7);
      expect(terminal.isCursorShown).toBe(false);
      terminal.press(ENTER);
      expect(await terminal.end()).toBe(0);
      expect((await shown(terminal)).split('\n')).toEqual(DEPLOYED[language]);
      expect(terminal.isCursorShown).toBe(true);
    },
  );

  it('a step says what its program does, and then what has come of it', async () => {
    const terminal = start(['steps'], { columns });
    expect(steady(await terminal.shows(/first.*two/))).toBe('* first: 0 s, two');
    terminal.press(ENTER);
    expect(steady(await terminal.shows(/second/))).toBe('✓ first: built (0.0 s)\n* second: 0 s');
    terminal.press(ENTER);
    await terminal.shows(/third/);
    terminal.press(ENTER);
    expect(await terminal.end()).toBe(1);
    expect(await shown(terminal)).toBe(
      '✓ first: built (0.0 s)\n✗ third (0.0 s)\n✗ It is full.\n  Fix: make room.',
    );
    expect(terminal.isCursorShown).toBe(true);
  });

  it('a step before there are packages has its line, too', async () => {
    const terminal = start(['bootstrap', '安装引擎'], { columns });
    const [line = '', ...others] = steady(await terminal.shows(/fetching/)).split('\n');
    expect(line).toMatch(/^\* 1\/7 安装引擎: 0\.0 s, fetch/);
    expect(textWidth(line)).toBeLessThan(columns);
    expect(others).toEqual([]);
    terminal.press(ENTER);
    await terminal.shows(/last/);
    terminal.press(ENTER);
    expect(await terminal.end()).toBe(1);
    expect(await shown(terminal)).toBe(
      '✓ 1/7 安装引擎: installed (0.0 s)\n✗ last (0.0 s)\n✗ It is full.\n  Fix: make room.',
    );
  });

  it('Ctrl-C leaves what was printed, and the cursor', async () => {
    const terminal = start(['steps'], { columns });
    await terminal.shows(/first/);
    terminal.press(ENTER);
    await terminal.shows(/second/);
    terminal.press(CTRL_C);
    expect(await terminal.end()).toBe(130);
    expect(await shown(terminal)).toBe('✓ first: built (0.0 s)\n* second: 0 s');
    expect(terminal.isCursorShown).toBe(true);
  });

  it('Ctrl-C is explained where a command ends in order', async () => {
    const terminal = start(['interrupted'], { columns });
    await terminal.shows(/web/);
    terminal.press(CTRL_C);
    expect(steady(await terminal.shows(/Ending.*\n.*web/))).toBe('Ending what was begun …\n* web: 0 s');
    terminal.press(ENTER);
    expect(await terminal.end()).toBe(1);
    expect(await shown(terminal)).toBe('Ending what was begun …\n✗ Interrupted.\n  Fix: again.');
    expect(terminal.isCursorShown).toBe(true);
  });
});

describe.concurrent('a terminal', TIMEOUT, () => {
  it.each([
    [80, [30, 60]],
    [40, [100, 25, 80]],
  ])('of %i columns that then has %j shows each line once', async (before, widths) => {
    const terminal = start(['deployment', 'web', ...widths.map(String)], { columns: before });
    for (const width of [before, ...widths]) {
      // Cut for this width, and not broken by the terminal.
      const row = new RegExp(`^(?=.{${width - 1}}$) {2}\\S web: .*…$`, 'm');
      expect((await terminal.shows(row)).split('\n')).toHaveLength(4);
      terminal.press(ENTER);
    }
    await terminal.shows(/lines\n.*\n.*\n.*proxy/);
    terminal.press(ENTER);
    expect(await terminal.end()).toBe(0);
    expect((await shown(terminal)).split('\n')).toEqual(DEPLOYED.en);
  });

  it('that is too low for all says how many are not shown', async () => {
    const terminal = start(['many'], { columns: 80, rows: 10 });
    expect(steady(await terminal.shows(/22 more/))).toMatch(/task 8: 0 s\n {2}… and 22 more$/);
    terminal.press(ENTER);
    await terminal.end();
    expect(await terminal.lines()).toEqual(['after']);
  });

  it.each([{ TERM: 'dumb' }, { CI: 'true' }])('with %j gets plain lines', async (env) => {
    const terminal = start(['deployment'], { columns: 80, env });
    await terminal.shows(/… web: starting/);
    terminal.press(ENTER + ENTER);
    expect(await terminal.end()).toBe(0);
    expect(terminal.output).not.toContain('\x1b[2K');
  });

  it('gets nothing but errors with --quiet', async () => {
    const terminal = start(['quiet'], { columns: 80 });
    await terminal.end();
    expect(await shown(terminal)).toBe('✗ second (0.0 s)\n✗ It is full.\n  Fix: make room.');
    expect(terminal.output).not.toContain('first');
  });
});

describe.concurrent('a pipe', TIMEOUT, () => {
  it('gets plain lines', async () => {
    const { stdout, stderr } = await execa('node', [BUNDLE, 'deployment'], {
      env: { BTCW_LANG: 'en' },
      input: ENTER + ENTER,
    });
    expect(steady(stdout).split('\n')).toEqual([
      '  … web: starting',
      '  … db: starting',
      '  … proxy: starting',
      ...DEPLOYED.en.filter((line) => line !== '! a warning'),
    ]);
    expect(stderr).toBe('! a warning');
  });
});

describe('what takes long, where lines are not rewritten,', () => {
  const printed: string[] = [];
  beforeEach(() => {
    printed.length = 0;
    vi.useFakeTimers();
    vi.spyOn(console, 'log').mockImplementation((line) => printed.push(line));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('is told each ten seconds, with what it is busy with, until it ends', () => {
    const task = begin('Image base', { indent: '  ' });
    task.note('Unpacking x\nUnpacking y\n\n');
    vi.advanceTimersByTime(25_000);
    task.end('✓ Image base: built');
    vi.advanceTimersByTime(25_000);
    expect(printed).toEqual([
      '  … Image base: 10 s, Unpacking y',
      '  … Image base: 20 s, Unpacking y',
      '✓ Image base: built',
    ]);
  });
});
