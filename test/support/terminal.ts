/** A program in a terminal of its own, by util-linux's `script`, and what is on its screen. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import xterm from '@xterm/headless';
import { eventually } from './deployment.ts';

export interface TerminalOptions {
  readonly columns: number;
  /** @default 24 */
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const ESC = '\x1b';
/** What a program that changes the width of its terminal prints at that moment. */
const RESIZED = new RegExp(`${ESC}_width=(\\d+)${ESC}\\\\`);

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
      const [first = '', ...others] = text.split(RESIZED);
      this.screen.write(first);
      for (const [index, rest] of others.entries()) {
        if (index % 2 === 0) this.screen.write('', () => this.screen.resize(Number(rest), rows));
        else this.screen.write(rest);
      }
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

  get isCursorShown(): boolean {
    return this.output.lastIndexOf('\x1b[?25h') >= this.output.lastIndexOf('\x1b[?25l');
  }

  /** Ends what has not ended by itself. */
  close(): void {
    this.child.kill('SIGHUP');
  }

  /** @returns exit code; of a signal, 128 and its number */
  async end(): Promise<number> {
    const [code] = await this.ended;
    return Number(code);
  }
}
