/** Commands with bad input, as processes: in a checkout of their own, with an engine that refuses everything. */
import { execFileSync, spawn } from 'node:child_process';
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
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as fc from 'fast-check';
import { SETTING_NAMES } from '../../stacks/settings/definitions.ts';
import { COMPOSE_TEXTS, commandLines, DOT_ENV } from './bad-input.ts';
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

/** What commands read of a project, and that is not made anew where it is broken. */
const READ_FILES = [
  ...['admin-password', 'jwt-secret', 'frp-token', 'fingerprint-key', 'deployment-id', 'other'].map(
    (name) => `secrets/btc-watcher/${name}`,
  ),
  ...['', '/2026-11-28T12-00-00.000Z', '/2026-11-28T12-00-00.000Z/release.json'].map(
    (path) => `.releases/btc-watcher${path}`,
  ),
  ...['.releases', 'secrets', 'secrets/btc-watcher', '.env', 'compose.yaml'],
];

interface Case {
  readonly words: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** What is in the checkout, by its path there: the bytes of a file, or what is in its place. */
  readonly files: Readonly<Record<string, Uint8Array | 'folder' | 'pipe'>>;
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
    const { code, output } = await this.run({ words: ['completion', 'bash'], settings: {}, files: {} });
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
    const [top] = Object.keys(given.files).map((path) => join(this.checkout, path.split('/')[0] ?? ''));
    for (const [path, content] of Object.entries(given.files)) place(join(this.checkout, path), content);
    const before = this.files();
    let { code, output, ms } = await this.run(given);
    // A busy machine may be slow once.
    if (ms > DEADLINE_MS) ({ code, output, ms } = await this.run(given));
    const after = this.files();
    if (top) rmSync(top, { recursive: true });
    const fail = (what: string) => {
      throw new Error(`${what}, exit code ${code}, ${Math.round(ms)} ms:\n${output}`);
    };
    if (code === null) fail('killed');
    if (ms > DEADLINE_MS) fail('slow');
    if (after !== before) fail(`files were changed: ${changed(before, after)}`);
    if (this.changes.length > 0) fail(`the engine was asked to change: ${this.changes.join(', ')}`);
    const texts = Object.values(given.files).map((content) =>
      typeof content === 'string' ? content : new TextDecoder().decode(content),
    );
    const input = [...given.words, ...Object.values(given.settings), ...texts];
    judgeLines(input.join('\n'), [output || '-']);
    if (code !== 0 && !/^(✗ |error: |错误：|Usage: |用法：|[{])/m.test(output))
      fail('no word of what is wrong');
  }
}

function place(path: string, content: Uint8Array | 'folder' | 'pipe'): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (content === 'folder') mkdirSync(path);
  else if (content === 'pipe') execFileSync('mkfifo', [path]);
  else writeFileSync(path, content, { mode: 0o600 });
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
  files: fc.option(
    fc
      .oneof(
        fc.tuple(fc.constant('.env'), hostileBytes([DOT_ENV])),
        fc.tuple(fc.constant('compose.yaml'), hostileBytes(COMPOSE_TEXTS)),
        fc.tuple(
          fc.constantFrom(...READ_FILES),
          fc.oneof(
            fc.constantFrom<'folder' | 'pipe'>('folder', 'pipe'),
            hostileBytes(['{}', 'x'.repeat(40)]),
          ),
        ),
      )
      .map(([path, content]) => ({ [path]: content })),
    { nil: {}, freq: 4 },
  ),
});
