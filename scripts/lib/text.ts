/** Text for people. */
import { stripVTControlCharacters } from 'node:util';

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

/** Columns that a line takes in a terminal: colours take none, Chinese characters two each. */
export function textWidth(line: string): number {
  const text = stripVTControlCharacters(line);
  const wide = text.match(
    /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g,
  );
  return [...text].length + (wide?.length ?? 0);
}

/** Breaks a line between words; a word that is longer than the width stays whole. */
export function wrap(line: string, width: number): string[] {
  if (textWidth(line) <= width) return [line];
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S) +(?=\S)/)) {
    const next = current === '' ? word : `${current} ${word}`;
    if (current !== '' && textWidth(next) > width) {
      lines.push(current);
      current = word;
    } else current = next;
  }
  return [...lines, current];
}

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
const parts = new Intl.DateTimeFormat('en-CA', {
  ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  timeZoneName: 'short',
});

/**
 * A time for people: this host's clock, with its zone; JSON keeps ISO.
 * @param time ISO, or in ms
 * @returns the text itself where it is no time
 * @example localTime('2026-11-22T10:03:11.000Z') // '2026-11-22 18:03:11 GMT+8'
 */
export function localTime(time: string | number, { ms = false } = {}): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  const part = Object.fromEntries(parts.formatToParts(date).map(({ type, value }) => [type, value]));
  const fraction = ms ? `.${String(date.getMilliseconds()).padStart(3, '0')}` : '';
  const clock = `${part.hour}:${part.minute}:${part.second}${fraction}`;
  return `${part.year}-${part.month}-${part.day} ${clock} ${part.timeZoneName}`;
}
