/** The only reader of `docker logs`. */
import { createInterface } from 'node:readline';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { execa } from '../lib/execa.ts';
import { tryDocker } from './client.ts';

const DEADLINE_MS = 5_000;

const said = messages.docker.logs;

export interface LogSelection {
  /** As Docker takes it. @example '10m', '2026-11-22T17:00:00Z' @default - from the beginning */
  readonly since?: string;
  /** Last lines, or `all`. @default 'all' */
  readonly tail?: string | number;
  /** Whether each line begins with its time. @default false */
  readonly timestamps?: boolean;
}

const flags = ({ since, tail, timestamps }: LogSelection): string[] => [
  ...(timestamps ? ['--timestamps'] : []),
  ...(since ? ['--since', since] : []),
  ...(tail === undefined ? [] : ['--tail', String(tail)]),
];

export interface LogText {
  readonly text: string;
  /** Whether the deadline ended the reading. */
  readonly timedOut: boolean;
}

/** What a container printed on both streams; empty where there is no such container. */
export async function readLog(
  container: string,
  selection: LogSelection = {},
  deadlineMs = DEADLINE_MS,
): Promise<LogText> {
  const args = ['logs', ...flags(selection), container];
  const { all, timedOut } = await tryDocker(args, { all: true, timeout: deadlineMs });
  return { text: String(all ?? ''), timedOut };
}

/** The command that shows a container's last lines. */
export const showLog = (container: string): string => `docker logs --tail 20 ${container}`;

/** The last line a container printed. */
export async function lastLogLine(container: string, deadlineMs?: number): Promise<string> {
  const { text } = await readLog(container, { tail: 5 }, deadlineMs);
  return (
    text
      .split('\n')
      .findLast((line) => line.trim() !== '')
      ?.trim() ?? ''
  );
}

/**
 * Reads a container's log line by line, from both streams.
 * @param follow go on as lines come, until the container ends
 * @throws {UserError} with what Docker says where the log cannot be read
 */
export async function streamLog(
  container: string,
  selection: LogSelection & { readonly follow?: boolean },
  onLine: (line: string) => void,
): Promise<void> {
  const args = [
    'logs',
    '--timestamps',
    ...flags(selection),
    ...(selection.follow ? ['--follow'] : []),
    container,
  ];
  const child = execa('docker', args, { reject: false, buffer: false, stdin: 'ignore' });
  const errors: string[] = [];
  const read = async (stream: NodeJS.ReadableStream, take: (line: string) => void) => {
    for await (const line of createInterface({ input: stream })) take(line);
  };
  // A container's own lines begin with their time; any other is Docker's.
  const takeError = (line: string) => (/^\d{4}-\d\d-\d\dT/.test(line) ? onLine(line) : errors.push(line));
  const [{ exitCode }] = await Promise.all([
    child,
    read(child.stdout, onLine),
    read(child.stderr, takeError),
  ]);
  if (exitCode !== 0 && errors.length > 0) {
    throw new UserError(said.unreadable(container, errors.join('\n')));
  }
}
