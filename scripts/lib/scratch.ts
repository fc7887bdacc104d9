/** What has to be undone at the end of a command, also where it is interrupted. */
import { mkdirSync, rmSync } from 'node:fs';

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Does something, and then what undoes a part of it: after a failure and at a signal, too, which ends the process. */
export async function withUndo<T>(undo: () => void, work: () => Promise<T>): Promise<T> {
  const stop = (signal: keyof typeof SIGNALS) => {
    undo();
    process.exitCode = SIGNALS[signal];
    // Another that has something to undo may be listening: all of them are called before this.
    setImmediate(() => process.exit());
  };
  const signals = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[];
  for (const signal of signals) process.once(signal, stop);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, stop);
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
