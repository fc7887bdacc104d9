/** What the user sees: tables, colour only on a terminal, errors. */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { labelled } from '../bootstrap/step.mjs';
import { asForbidden } from './access.ts';
import { pad, textWidth, wrap } from './text.ts';

type Style = Parameters<typeof styleText>[0];

/** Whether stdout gets colours: FORCE_COLOR decides, then NO_COLOR, then whether it is a terminal. */
export function hasColour({ FORCE_COLOR: force, NO_COLOR: no } = process.env): boolean {
  if (force !== undefined) return force !== '0' && force !== 'false';
  return !no && process.stdout.isTTY;
}

/** Colours a text, where stdout gets colours. */
export const paint = (style: Style, text: string): string =>
  hasColour() ? styleText(style, text, { validateStream: false }) : text;

/** Columns of the terminal; without one there is no limit. */
function terminalWidth(): number {
  return process.stdout.columns || Number(process.env.COLUMNS) || Number.POSITIVE_INFINITY;
}

const INDENT = '  ';

/** A row as lines of `name: value`; a value without a name, such as a tick, goes before the first of them. */
function record(head: readonly string[], row: readonly string[], width: number): string {
  const sign = row.filter((value, index) => !head[index] && value !== '').map((value) => `${value} `);
  const fields = head.flatMap((name, index) => {
    const value = row[index] ?? '';
    return name && value !== '' ? [labelled(name, value)] : [];
  });
  return fields
    .flatMap((field, at) => {
      const first = at === 0 ? sign.join('') : INDENT;
      const room = width - 2 * INDENT.length;
      const lines = field.split('\n').flatMap((line) => wrap(line, room));
      return lines.map((line, part) => `${part === 0 ? first : INDENT + INDENT}${line}`);
    })
    .join('\n');
}

/**
 * A table with a head and without inner lines; where the terminal is too narrow for it, a block of lines for each row.
 * @default width - the terminal's
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width = terminalWidth(),
): string {
  const grid = new Table({
    head: [...head],
    style: { head: hasColour() ? ['bold'] : [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  grid.push(...rows.map((row) => [...row]));
  const text = grid.toString();
  if (textWidth(text.split('\n', 1)[0] ?? '') <= width) return text;
  return rows.map((row) => record(head, row, width)).join('\n\n');
}

/** Lines of names and values, the values below each other; too long ones go on below themselves. */
export function list(
  rows: readonly (readonly [name: string, value: string])[],
  width = terminalWidth(),
): string {
  const longest = Math.max(...rows.map(([name]) => textWidth(name)));
  const indent = ' '.repeat(longest + 1);
  return rows
    .map(([name, value]) => {
      const lines = value.split('\n').flatMap((line) => wrap(line, width - indent.length));
      return `${pad(name, longest)} ${lines.join(`\n${indent}`)}`;
    })
    .join('\n');
}

/** A line after a sign; what is too long goes on below its beginning. @default width - the terminal's */
export function hanging(sign: string, text: string, width = terminalWidth()): string {
  const indent = ' '.repeat(textWidth(sign) + 1);
  return `${sign} ${wrap(text, width - indent.length).join(`\n${indent}`)}`;
}

/** Seconds since a moment, with one decimal. @param startedMs as `Date.now()` gave it */
export const secondsSince = (startedMs: number): string =>
  `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;

/** What the kernel refuses, such as a folder where a file should be. */
const isRefusal = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error;

/** Prints what went wrong: for what a user can mend the message alone, for a defect its stack too. */
export function reportError(error: unknown, verbose = false): void {
  const sign = paint('red', '✗');
  const told = error instanceof UserError ? error : asForbidden(error);
  if (told && !verbose) console.error(`${sign} ${told.message}`);
  else if (isRefusal(error) && !verbose) console.error(`${sign} ${messages.lib.refused(error.message)}`);
  else console.error(error);
}
