/** What has to be undone at the end of a command, also where it is interrupted. */
import { mkdirSync, rmSync } from 'node:fs';

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** The listeners of this module, by which those of others are known. */
const ours = new Set<unknown>();

/** Whether a signal is answered by somebody else: terraform is ended in order, and what waits for it fails then. */
const isAnswered = (signal: NodeJS.Signals): boolean =>
  process.listeners(signal).some((listener) => !ours.has(listener));

/** Does something, and then what undoes a part of it: after a failure and at a signal, too, which ends the process. */
export async function withUndo<T>(undo: () => void, work: () => Promise<T>): Promise<T> {
  const stop = (signal: keyof typeof SIGNALS) => {
    if (isAnswered(signal)) return;
    undo();
    process.exitCode = SIGNALS[signal];
    // Others here may have something to undo: all of them are called before this.
    setImmediate(() => process.exit());
  };
  const signals = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[];
  ours.add(stop);
  for (const signal of signals) process.on(signal, stop);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, stop);
    ours.delete(stop);
    undo();
  }
}

/** Does something with a folder of its own, that only this user can read. */
export async function withScratch<T>(folder: string, work: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return withUndo(
    () => rmSync(folder, { recursive: true, force: true }),
    () => work(folder),
  );
}
