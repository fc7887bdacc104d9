/** Lines of several containers' logs, in the order of their times. Pure. */

export interface LogLine {
  /** As Docker stamps it; sorts as text. @example '2026-11-22T17:00:00.123456789Z' */
  readonly time: string;
  /** Name of the service. @example 'nginx' */
  readonly service: string;
  readonly text: string;
}

const STAMPED = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) ?(.*)$/;

/** Reads one line of `docker logs --timestamps`; undefined for one without a time. */
export function logLine(service: string, line: string): LogLine | undefined {
  const match = STAMPED.exec(line);
  return match ? { time: match[1] ?? '', service, text: match[2] ?? '' } : undefined;
}

/** Docker leaves trailing zeros of a second's fraction out: as text, those times would sort wrongly. */
const sortable = (time: string): string => {
  const [whole = '', fraction = ''] = time.replace('Z', '').split('.');
  return `${whole}.${fraction.padEnd(9, '0')}`;
};

/** Whether a line's time is later than another's. */
export const isLater = (time: string, other: string): boolean => sortable(time) > sortable(other);

/** Merges by time; lines of one moment stay as they came. */
export const byTime = (lines: readonly LogLine[]): LogLine[] =>
  [...lines].sort((a, b) => {
    const [first, second] = [sortable(a.time), sortable(b.time)];
    return first < second ? -1 : first > second ? 1 : 0;
  });

/** The words with which nginx, frp, the backend and Node report an error. */
const ERROR = /\b(ERROR|FATAL|error|fatal|panic|emerg|alert|crit|Unhandled|Exception)\b|\[E\]/;

/** @returns the last line that reports an error */
export const lastError = (lines: readonly LogLine[]): LogLine | undefined =>
  lines.findLast(({ text }) => ERROR.test(text));
