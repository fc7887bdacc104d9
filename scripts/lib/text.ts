/** Text for people. */

const TAIL_LINES = 20;

export const MIB = 1024 ** 2;

/** The last lines that are not blank. */
export const tail = (text: string, lines = TAIL_LINES): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-lines)
    .join('\n');

/** Sets a program's output off from what is said of it. */
export const indent = (text: string): string => text.replace(/^/gm, '    ');

/** A span of time as people say it. @example span(90_000) // '2 min' */
export function span(ms: number): string {
  const sec = Math.abs(ms) / 1000;
  if (sec < 90) return `${Math.round(sec)} s`;
  if (sec < 5400) return `${Math.round(sec / 60)} min`;
  if (sec < 172_800) return `${Math.round(sec / 3600)} h`;
  return `${Math.round(sec / 86_400)} days`;
}

/** This moment, as part of a file's name; later ones sort after earlier ones. @example '2026-11-22T18-03-11.000Z' */
export const timestamp = (): string => new Date().toISOString().replaceAll(':', '-');
