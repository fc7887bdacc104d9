/**
 * What is being done at the moment: on a terminal a line for each task, rewritten as it goes on, below all that is
 * printed meanwhile; elsewhere a plain line now and then. docs/decisions/0011-live-view.md
 */
import cliCursor from 'cli-cursor';
import { createLogUpdate } from 'log-update';
import { messages } from '../../messages/index.ts';
import {
  FRAME_MS,
  FRAMES,
  isTerminal,
  LONGEST_NOTE,
  labelled,
  lastLine,
  PLAIN_INTERVAL_MS,
} from '../bootstrap/step.mjs';
import { isTextShown } from './json.ts';
import { paint, secondsSince } from './report.ts';
import { cut, textWidth } from './text.ts';

const said = messages.lib.live;

/** Tells why a task takes long. @param text what it is busy with; a program's output: its last line */
export type Note = (text: string) => void;

export interface Task {
  readonly note: Note;
  /** @param line what stays of it. @default - nothing */
  readonly end: (line?: string) => void;
}

export interface TaskOptions {
  /** What it is busy with; told at once. @default '' */
  readonly note?: string;
  /** Before its lines. @default '' */
  readonly indent?: string;
}

interface Running {
  readonly title: string;
  readonly indent: string;
  readonly startedMs: number;
  note: string;
}

const running = new Set<Running>();

const describe = ({ title, startedMs, note }: Running): string =>
  labelled(title, `${Math.floor((Date.now() - startedMs) / 1000)} s${note && `, ${note}`}`);

/** Whether lines are rewritten. */
export const isLive = (): boolean => isTerminal() && isTextShown();

/** The lines at the lower end of the terminal. What anybody else writes meanwhile goes above them. */
class LiveLines {
  private readonly update;
  private readonly restore: (() => void)[] = [];
  private lines: string[] = [];
  private frame = 0;
  private isOwnWrite = false;

  constructor() {
    const { stdout, stderr } = process;
    const write = stdout.write.bind(stdout);
    // It would hide the cursor with each frame: also after what shows it again when a signal ends the process.
    this.update = createLogUpdate(Object.create(stdout, { write: { value: write } }), { showCursor: true });
    cliCursor.hide();
    for (const stream of [stdout, stderr]) {
      const original = stream.write;
      const aside = (...args: Parameters<typeof original>) => {
        const result = () => original.apply(stream, args);
        return this.isOwnWrite ? result() : this.around(result);
      };
      stream.write = aside as typeof original;
      this.restore.push(() => {
        stream.write = original;
      });
    }
    const onResize = () => this.onResize(write);
    stdout.on('resize', onResize);
    const timer = setInterval(() => {
      this.frame += 1;
      this.draw();
    }, FRAME_MS);
    this.restore.push(
      () => stdout.off('resize', onResize),
      () => clearInterval(timer),
    );
    this.draw();
  }

  draw(): void {
    this.noticeResize();
    const { columns = 80, rows = 24 } = process.stdout;
    const sign = paint('cyan', FRAMES[this.frame % FRAMES.length] ?? '');
    const all = [...running].map((task) => `${task.indent}${sign} ${describe(task)}`);
    // What is higher than the terminal cannot be rewritten.
    const most = Math.max(1, rows - 2);
    const shown = all.length > most ? [...all.slice(0, most), said.more(all.length - most)] : all;
    this.lines = shown.map((line) => cut(line, columns - 1));
    this.own(() => this.update(this.lines.join('\n')));
  }

  end(): void {
    this.clear();
    for (const restore of this.restore) restore();
    cliCursor.show();
  }

  private own(work: () => void): void {
    this.isOwnWrite = true;
    work();
    this.isOwnWrite = false;
  }

  private around<T>(work: () => T): T {
    this.clear();
    const result = work();
    this.draw();
    return result;
  }

  private clear(): void {
    this.noticeResize();
    this.own(() => this.update.clear());
    this.lines = [];
  }

  /** Node takes note of a new width only when it waits for events, which may be after another frame. */
  private noticeResize(): void {
    (process.stdout as { _refreshSize?: () => void })._refreshSize?.();
  }

  /** A narrower terminal has broken the lines that were there: there are more to rewrite. */
  private onResize(write: (text: string) => void): void {
    const { columns } = process.stdout;
    const more = this.lines.map((line) => Math.max(0, Math.ceil(textWidth(line) / columns) - 1));
    write('\x1b[2K\x1b[1A'.repeat(more.reduce((sum, count) => sum + count, 0)));
    this.own(() => this.update.clear());
    this.lines = [];
    this.draw();
  }
}

let live: LiveLines | undefined;

/** Begins to show a task. It has to be ended, whatever becomes of it. */
export function begin(title: string, { note = '', indent = '' }: TaskOptions = {}): Task {
  const task: Running = { title, indent, startedMs: Date.now(), note };
  const shown = isLive();
  let timer: NodeJS.Timeout | undefined;
  running.add(task);
  if (shown) live ??= new LiveLines();
  else {
    if (note) console.log(`${indent}… ${labelled(title, note)}`);
    timer = setInterval(() => console.log(`${indent}… ${describe(task)}`), PLAIN_INTERVAL_MS);
  }
  return {
    note: (text) => {
      task.note = cut(lastLine(text), LONGEST_NOTE) || task.note;
    },
    end: (line) => {
      clearInterval(timer);
      if (!running.delete(task)) return;
      if (running.size === 0) {
        live?.end();
        live = undefined;
      }
      if (line !== undefined) console.log(line);
    },
  };
}

/** Shows a task while work is done, and nothing of it afterwards. */
export async function during<T>(title: string, work: (note: Note) => Promise<T>): Promise<T> {
  const task = begin(title);
  try {
    return await work(task.note);
  } finally {
    task.end();
  }
}

/** Shows a task while work is done, and then what has come of it and how long it took. */
export async function step(title: string, work: (note: Note) => Promise<string>): Promise<void> {
  const startedMs = Date.now();
  const task = begin(title);
  try {
    const result = await work(task.note);
    task.end(`${paint('green', '✓')} ${labelled(title, result)} (${secondsSince(startedMs)})`);
  } catch (error) {
    task.end();
    console.error(`${paint('red', '✗')} ${title} (${secondsSince(startedMs)})`);
    throw error;
  }
}
