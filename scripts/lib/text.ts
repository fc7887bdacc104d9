/** Text for people. */
import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';
import { messages } from '../../messages/index.ts';

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
export const textWidth = (line: string): number => stringWidth(line);

/** A line as it fits into a width: without its end, where it is too long. */
export function cut(line: string, width: number): string {
  if (textWidth(line) <= width) return line;
  const start = sliceAnsi(line, 0, width - 1);
  // A character of two columns counts by where it begins.
  return `${textWidth(start) < width ? start : sliceAnsi(line, 0, width - 2)}…`;
}

/** A line with blanks after it, up to a width. */
export const pad = (line: string, width: number): string =>
  line + ' '.repeat(Math.max(0, width - textWidth(line)));

/**
 * Where a line may be broken: before a blank, and beside a Chinese character, but not before what closes nor after what
 * opens.
 */
const CHINESE = String.raw`[\p{Script=Han}，。、；：？！（）《》「」【】]`;
const CLOSING = '[，。、；：？！）》」】”’,.;:?!)\\]…]';
const OPENING = '[（《「【“‘(\\[]';
const BREAK = new RegExp(
  String.raw`(?<=\S)(?= +\S)|(?<!${OPENING})(?:(?<=${CHINESE})(?=\S)|(?<=\S)(?=${CHINESE}))(?!${CLOSING})`,
  'u',
);

/** Breaks a line between words, and Chinese between characters; a word that is longer than the width stays whole. */
export function wrap(line: string, width: number): string[] {
  if (textWidth(line) <= width) return [line];
  const lines: string[] = [];
  let current = '';
  for (const part of line.split(BREAK)) {
    if (current !== '' && textWidth(current + part) > width) {
      lines.push(current);
      current = part.trimStart();
    } else current += part;
  }
  return [...lines, current];
}

/** A span of time as people say it. @example span(90_000) // '2 min' */
export function span(ms: number): string {
  const { seconds, minutes, hours, days } = messages.lib.span;
  const sec = Math.abs(ms) / 1000;
  if (sec < 90) return seconds(Math.round(sec));
  if (sec < 5400) return minutes(Math.round(sec / 60));
  if (sec < 172_800) return hours(Math.round(sec / 3600));
  return days(Math.round(sec / 86_400));
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

/** A moment that {@link timestamp} wrote, for people. @example '2026-11-22 18:03:11 GMT+8' */
export const stampTime = (stamp: string): string => localTime(stamp.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));
