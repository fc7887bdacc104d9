/** One build at a time: Terraform starts a process for each image, and all of them are built on the same one. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../lib/wait.ts';

/** As long as all images take on a slow machine. */
const DEADLINE_MS = 60 * 60_000;
const PID = 'pid';

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is another user's: it runs.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The process that has the lock; undefined where it has not written its number yet, or is gone. */
function holderOf(folder: string): number | undefined {
  try {
    return Number(readFileSync(join(folder, PID), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @returns whether the lock is this process's now */
function take(folder: string): boolean {
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
  writeFileSync(join(folder, PID), String(process.pid));
  return true;
}

/** Removes a lock whose process has ended; another process may have done so, and taken it, since it was looked at. */
function discard(folder: string, holder: number | undefined): void {
  const aside = `${folder}.${process.pid}`;
  try {
    renameSync(folder, aside);
  } catch {
    return;
  }
  if (holderOf(aside) === holder) rmSync(aside, { recursive: true });
  else renameSync(aside, folder);
}

/**
 * Does something while no other process does anything under the same lock. A lock whose process has ended is taken over.
 * @param folder of the lock; its parent exists
 * @throws what `work` throws, and an error where another process keeps the lock for an hour
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  let holder: number | undefined;
  const { timedOut } = await waitFor(
    async () => {
      if (take(folder)) return true;
      const seen = holderOf(folder);
      // Seen twice, since a process that has just begun has not written its number yet.
      if (seen === holder && (seen === undefined || !isRunning(seen))) discard(folder, seen);
      holder = seen;
      return false;
    },
    (taken) => taken,
    { deadlineMs: DEADLINE_MS },
  );
  if (timedOut) throw new Error(`Process ${holder} keeps ${folder}.`);
  try {
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
