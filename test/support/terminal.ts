/** A program in a terminal of its own, by util-linux's `script`, and what is on its screen. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import xterm from '@xterm/headless';
import { eventually } from './deployment.ts';

export interface TerminalOptions {
  readonly columns: number;
  /** @default 24 */
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

export class TestTerminal {
  /** All that was printed, with its escape sequences. */
  output = '';
  private readonly screen;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown[]>;

  constructor(command: readonly string[], { columns, rows = 24, env = {} }: TerminalOptions) {
    this.screen = new xterm.Terminal({ cols: columns, rows, scrollback: 1_000, allowProposedApi: true });
    const line = `stty -echo cols ${columns} rows ${rows}; exec ${command.map(quoted).join(' ')}`;
    const args = ['--quiet', '--flush', '--return', '--command', line, '/dev/null'];
    this.child = spawn('script', args, {
      env: { ...process.env, CI: undefined, NO_COLOR: undefined, TERM: 'xterm-256color', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.ended = once(this.child, 'close');
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      this.screen.write(text);
    });
  }

  /** The lines on the screen and above it. */
  async lines(): Promise<string[]> {
    await new Promise<void>((done) => this.screen.write('', done));
    const { active } = this.screen.buffer;
    const lines = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true));
    return lines.slice(0, lines.findLastIndex(Boolean) + 1).map(String);
  }

  /** Waits until something is on the screen. */
  async shows(pattern: RegExp): Promise<string> {
    const text = await eventually(
      async () => (await this.lines()).join('\n'),
      pattern.test.bind(pattern),
      60_000,
    );
    if (!pattern.test(text)) throw new Error(`${pattern} is not on the screen:\n${text}`);
    return text;
  }

  /** @param keys '\x03' for Ctrl-C */
  press(keys: string): void {
    this.child.stdin?.write(keys);
  }

  resize(columns: number): void {
    const [program] = readFileSync(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8').split(
      ' ',
    );
    this.screen.resize(columns, this.screen.rows);
    execFileSync('stty', ['-F', readlinkSync(`/proc/${program}/fd/0`), 'cols', String(columns)]);
  }

  get isCursorShown(): boolean {
    return this.output.lastIndexOf('\x1b[?25h') >= this.output.lastIndexOf('\x1b[?25l');
  }

  /** @returns exit code; of a signal, 128 and its number */
  async end(): Promise<number> {
    const [code] = await this.ended;
    return Number(code);
  }
}
