/**
 * A run of terraform that ends its work in order, whatever ends this process: terraform writes its state in place, and
 * leaves it empty or cut short when it is ended in the middle of that.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { terraformEnvironment } from '../bootstrap/environment.mjs';
import { privately } from '../lib/files.ts';
import { OutputFile } from '../lib/output-file.ts';
import { isGroupRunning } from '../lib/process-group.ts';
import { terraformProgram } from '../lib/programs.ts';

const said = messages.deployment.terraformProcess;

/** What an interrupted terraform gets to end its work before it is killed. */
const GRACE_MS = 120_000;
/** npm hands a terminal's Ctrl-C on to a process that has had it from the terminal: that is one Ctrl-C. */
const SAME_SIGNAL_MS = 500;
/** What terraform gets to say that it was signalled as well. */
const SIGNALLED_TOO_MS = 1_000;
const READ_EVERY_MS = 50;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Terraform's and OpenTofu's answer to the first signal. A second one makes them exit at once. */
const INTERRUPT_RECEIVED = /Interrupt received/;

/** The user ended a command: what terraform reports then is no fault. */
export class InterruptedError extends UserError {
  constructor() {
    super(said.interrupted, said.interruptedFix);
  }
}

let interrupted = false;

const ignoreError = () => {};
/** A terminal that was closed, or a pipe that nobody reads any more, must not end this process before terraform. */
function outliveTheReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.off('error', ignoreError).on('error', ignoreError);
  }
}

/** @param isSignalled whether terraform has had a signal from elsewhere */
function endInOrder(pid: number, isSignalled: () => boolean): { stop: () => void } {
  const timers: NodeJS.Timeout[] = [];
  let lastMs = 0;
  const send = (target: number, signal: NodeJS.Signals) => {
    try {
      process.kill(target, signal);
    } catch {
      // It has ended meanwhile.
    }
  };
  const onSignal = (signal: NodeJS.Signals) => {
    const sinceLastMs = Date.now() - lastMs;
    lastMs = Date.now();
    if (interrupted) {
      if (sinceLastMs > SAME_SIGNAL_MS) console.error(said.stillEnding);
      return;
    }
    interrupted = true;
    console.error(said.ending);
    // A terminal's signals stay in its session. But systemd sends SIGTERM to all processes of a unit.
    const waitMs = signal === 'SIGTERM' ? SIGNALLED_TOO_MS : 0;
    timers.push(setTimeout(() => isSignalled() || send(pid, 'SIGINT'), waitMs));
    timers.push(setTimeout(() => send(-pid, 'SIGKILL'), GRACE_MS));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    stop() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** @returns null when a signal ended it */
async function exitOf(child: ChildProcess): Promise<number | null> {
  try {
    const [exitCode] = await once(child, 'exit');
    return exitCode;
  } catch (error) {
    throw new UserError(said.cannotStart((error as Error).message), 'npm run up');
  }
}

/** Waits for the programs of provisioners: an interrupted terraform does not, and they go on. */
async function groupEnd(group = 0): Promise<void> {
  while (isGroupRunning(group)) await pause(READ_EVERY_MS);
}

/**
 * Runs terraform. It has a process group of its own, so that of all signals that end a command only one reaches it,
 * and it is sent here. If this process is killed, terraform goes on to its end.
 * @param onLine called with each line as it comes, of both streams
 * @param stop ends it in order, as the first Ctrl-C does; that is no interruption
 * @returns the exit code
 * @throws {InterruptedError} when a signal ended it
 */
export async function runTerraform(
  folder: string,
  args: readonly string[],
  onLine: (line: string) => void,
  stop?: AbortSignal,
): Promise<number> {
  if (interrupted) throw new InterruptedError();
  outliveTheReader();
  const output = new OutputFile();
  let isSignalled = false;
  const take = (lines: readonly string[]) => {
    for (const line of lines) {
      if (INTERRUPT_RECEIVED.test(line)) isSignalled = true;
      onLine(line);
    }
  };
  // Not by execa, which would read its streams through pipes.
  const child = privately(() =>
    spawn(terraformProgram(), args, {
      cwd: folder,
      env: terraformEnvironment(),
      detached: true,
      stdio: ['ignore', output.descriptor, output.descriptor],
    }),
  );
  const ending = child.pid === undefined ? undefined : endInOrder(child.pid, () => isSignalled);
  const interrupt = () => child.kill('SIGINT');
  stop?.addEventListener('abort', interrupt, { once: true });
  const reading = setInterval(() => take(output.newLines()), READ_EVERY_MS);
  try {
    const exitCode = await exitOf(child);
    take([...output.newLines(), output.rest].filter(Boolean));
    if (interrupted || isSignalled) {
      await groupEnd(child.pid);
      if (exitCode !== 0 && !(stop?.aborted && !interrupted)) throw new InterruptedError();
    }
    return exitCode ?? 1;
  } finally {
    clearInterval(reading);
    stop?.removeEventListener('abort', interrupt);
    ending?.stop();
    output.close();
  }
}
