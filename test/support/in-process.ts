/** Commands of this package in the test's own process, for tests that replace a module of it. */
import { vi } from 'vitest';

/** Runs a command. @returns what it printed, and its exit code */
export async function runInProcess(command: () => Promise<void>): Promise<{ output: string; code: number }> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line) => lines.push(String(line)));
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  process.exitCode = 0;
  try {
    await command();
    return { output: lines.join('\n'), code: Number(process.exitCode) };
  } finally {
    log.mockRestore();
    write.mockRestore();
    process.exitCode = 0;
  }
}
