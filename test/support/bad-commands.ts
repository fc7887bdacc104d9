/** Commands with bad input, as processes: in a checkout of their own, with an engine that refuses everything. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as fc from 'fast-check';
import { SETTING_NAMES } from '../../stacks/settings/definitions.ts';
import { commandLines, DOT_ENV } from './bad-input.ts';
import { DEADLINE_MS, hostileBytes, hostileText, judgeLines } from './hostile.ts';

const SOURCES = [
  'btcw',
  'package.json',
  'package-lock.json',
  'cdktf.json',
  'main.ts',
  'messages',
  'stacks',
  'scripts',
  'docs',
  'assets',
];
/** These go on until they are interrupted, whatever they show. */
const ENDLESS = ['--watch', '--follow', '-f'];
/** With it a stack is what was asked for. */
const VERBOSE = '--verbose';

interface Case {
  readonly words: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly dotEnv: Uint8Array | undefined;
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly ms: number;
}

export class BadCommands {
  private readonly folder = mkdtempSync(join(tmpdir(), 'btcw-bad-commands-'));
  private readonly checkout = join(this.folder, 'checkout');
  /** What the engine was asked to do, other than to tell something. */
  private readonly changes: string[] = [];
  private readonly engine: Server = createServer(({ method, url }, response) => {
    if (method !== 'GET' && method !== 'HEAD') this.changes.push(`${method} ${url}`);
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"refused by the test"}');
  });

  async start(): Promise<void> {
    mkdirSync(join(this.folder, 'home'));
    const isSource = (path: string) => basename(path) !== 'node_modules' && basename(path) !== 'dist';
    for (const name of SOURCES)
      cpSync(name, join(this.checkout, name), { recursive: true, filter: isSource });
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.checkout, 'node_modules'));
    await new Promise<void>((resolve) => this.engine.listen(join(this.folder, 'engine'), resolve));
    const { code, output } = await this.run({
      words: ['completion', 'bash'],
      settings: {},
      dotEnv: undefined,
    });
    if (code !== 0) throw new Error(output);
  }

  stop(): void {
    this.engine.close();
    rmSync(this.folder, { recursive: true });
  }

  private async run({ words, settings }: Case): Promise<Outcome> {
    const startedMs = performance.now();
    const child = spawn(join(this.checkout, 'btcw'), words, {
      cwd: join(this.folder, 'home'),
      env: {
        ...{ PATH: process.env.PATH, HOME: join(this.folder, 'home'), BTCW_LANG: 'en' },
        DOCKER_HOST: `unix://${join(this.folder, 'engine')}`,
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 3 * DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    const [out, error, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { code, output: `${out}${error}`, ms: performance.now() - startedMs };
  }

  /** Every file there is, with what would change when it is written. */
  private files(): string {
    const below = (path: string): string[] => {
      const { mode, mtimeMs, size } = lstatSync(path);
      const names = lstatSync(path).isDirectory() ? readdirSync(path).sort() : [];
      return [`${path} ${mode} ${mtimeMs} ${size}`, ...names.flatMap((name) => below(join(path, name)))];
    };
    return below(this.folder).join('\n');
  }

  /** @throws {Error} for what a command should not do, or say */
  async check(given: Case): Promise<void> {
    const dotEnv = join(this.checkout, '.env');
    if (given.dotEnv) writeFileSync(dotEnv, given.dotEnv);
    const before = this.files();
    const { code, output, ms } = await this.run(given);
    const after = this.files();
    rmSync(dotEnv, { force: true });
    const fail = (what: string) => {
      throw new Error(`${what}, exit code ${code}, ${Math.round(ms)} ms:\n${output}`);
    };
    if (code === null) fail('killed');
    if (ms > DEADLINE_MS) fail('slow');
    if (after !== before) fail(`files were changed: ${changed(before, after)}`);
    if (this.changes.length > 0) fail(`the engine was asked to change: ${this.changes.join(', ')}`);
    const input = [...given.words, ...Object.values(given.settings), new TextDecoder().decode(given.dotEnv)];
    judgeLines(input.join('\n'), [output || '-']);
    if (code !== 0 && !/^(✗ |error: |错误：|Usage: |用法：|[{])/m.test(output))
      fail('no word of what is wrong');
  }
}

const changed = (before: string, after: string): string => {
  const known = new Set(before.split('\n'));
  return after
    .split('\n')
    .filter((line) => !known.has(line))
    .join(', ');
};

/** Bad command lines, settings and files of settings, at least one of them. */
export const badCommand: fc.Arbitrary<Case> = fc.record({
  words: commandLines.filter(
    (words) => !words.some((word) => [...ENDLESS, VERBOSE].some((flag) => word.startsWith(flag))),
  ),
  settings: fc
    .array(fc.tuple(fc.constantFrom(...SETTING_NAMES), hostileText()), { maxLength: 2 })
    .map((entries) => Object.fromEntries(entries)),
  dotEnv: fc.option(hostileBytes([DOT_ENV]), { nil: undefined, freq: 3 }),
});
