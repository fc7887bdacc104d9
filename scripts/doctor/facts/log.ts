/** Whether `docker logs` shows the newest line of a container. */
import { type LogSelection, readLog } from '../../docker/logs.ts';
import type { DockerQuestions } from './docker.ts';
import { DEADLINES_MS } from './rounds.ts';

/** The result of one reading of a log. */
export type LogReading = 'readable' | 'cut-off' | 'empty' | 'no-answer';

/** How a log is read; tests have another. */
export type ReadLog = (
  selection: LogSelection,
) => Promise<{ readonly text: string; readonly timedOut: boolean }>;

/** The time at the beginning of what was read. */
const firstTime = (text: string): string | undefined => /^\d{4}-\S+Z/.exec(text)?.[0];

/** With --tail Docker reads from the end of the file, with --since from its beginning. */
export async function readNewest(read: ReadLog): Promise<LogReading> {
  const last = await read({ timestamps: true, tail: 1 });
  if (last.timedOut) return 'no-answer';
  const newest = firstTime(last.text);
  if (!newest) {
    const lines = await read({ timestamps: true, tail: 2 });
    if (lines.timedOut) return 'no-answer';
    return firstTime(lines.text) ? 'cut-off' : 'empty';
  }
  const { text, timedOut } = await read({ timestamps: true, since: newest });
  if (timedOut) return 'no-answer';
  return text.includes(newest) ? 'readable' : 'cut-off';
}

/**
 * A line that is written between two readings appears to be cut off, and so does one that takes too long to read: only two readings that agree are certain.
 * @returns undefined where nothing is certain
 */
export function isReadable(first: LogReading, second: LogReading): boolean | undefined {
  if (second === 'readable') return true;
  return first === 'cut-off' && second === 'cut-off' ? false : undefined;
}

export async function gatherLogReadable(name: string, docker: DockerQuestions): Promise<boolean | undefined> {
  const within = (deadlineMs: number) => readNewest((selection) => readLog(name, selection, deadlineMs));
  const [firstMs, secondMs] = DEADLINES_MS;
  const first = await docker.rounds.together(() => within(firstMs));
  if (first === 'readable') return true;
  if (first === 'empty' || !(await docker.engineAnswers())) return undefined;
  return isReadable(first, await docker.rounds.alone(() => within(secondMs)));
}
