/** The part of a log that says why a program failed. Pure. */

const MOST_LINES = 40;
/** Where no line reports an error. */
const LAST_LINES = 20;
/** An error that was reported longer ago than this has not ended the program. */
const NEAR_LINES = 200;

/** The first line of a stack trace, which ends with the error. */
const TRACEBACK = /Traceback \(most recent call last\)/;
/** The first line of an error that is followed by its details. */
const ERROR =
  /\b(ERROR|FATAL|CRITICAL|panic|PANIC)\b|\b\w*(Error|Exception)\b(:| \[|$)|\bvalidation errors? for\b|^(thread '.*' panicked|Unhandled|Uncaught)/;
/** A line that goes on with what the one before reports. */
const DETAIL = /^\s+\S|^\S*(Error|Exception)\b/;

/** Each line once, the last time it stands: a restart loop says the same again and again. */
const once = (lines: readonly string[]): string[] =>
  lines.filter((line, index) => lines.lastIndexOf(line) === index);

/** Both ends of a stack trace, where its beginning and the error are. */
function shortened(block: readonly string[]): string[] {
  if (block.length <= MOST_LINES) return [...block];
  const [first = ''] = block;
  return [first, '…', ...block.slice(-(MOST_LINES - 2))];
}

/**
 * From the last traceback or error on, at most 40 lines; where there is none, the last lines.
 * @param log lines of both streams
 */
export function excerptOf(log: string): string {
  const lines = log
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  const near = lines.slice(-NEAR_LINES);
  const traceback = near.findLastIndex((line) => TRACEBACK.test(line));
  if (traceback >= 0) return shortened(near.slice(firstOfChain(near, traceback))).join('\n');
  const last = near.findLastIndex((line) => ERROR.test(line));
  if (last < 0) return once(near).slice(-LAST_LINES).join('\n');
  let start = last;
  // Of several errors in a row, the first.
  while (start > 0 && (ERROR.test(near[start - 1] ?? '') || DETAIL.test(near[start - 1] ?? ''))) start -= 1;
  return once(near.slice(start)).slice(0, MOST_LINES).join('\n');
}

/** Of errors that Python chains, the first: the others are its consequences. */
function firstOfChain(lines: readonly string[], traceback: number): number {
  const before = lines.slice(Math.max(0, traceback - 3), traceback);
  const isChained = before.some((line) =>
    /another exception occurred|direct cause of the following/.test(line),
  );
  if (!isChained) return traceback;
  const earlier = lines.slice(0, traceback).findLastIndex((line) => TRACEBACK.test(line));
  return earlier < 0 ? traceback : firstOfChain(lines, earlier);
}

/** Lines that report errors, each once: what is told of a program that runs in spite of them. */
export function errorLines(log: string, most: number): string[] {
  const lines = log.split('\n').map((line) => line.trim());
  return [...new Set(lines.filter((line) => TRACEBACK.test(line) || ERROR.test(line)))].slice(0, most);
}
