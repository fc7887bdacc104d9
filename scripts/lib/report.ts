/** What the user sees: tables, colour only on a terminal, errors. */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import { UserError } from '../../stacks/errors.mjs';

type Style = Parameters<typeof styleText>[0];

/** Whether stdout gets colours: FORCE_COLOR decides, then NO_COLOR, then whether it is a terminal. */
export function hasColour({ FORCE_COLOR: force, NO_COLOR: no } = process.env): boolean {
  if (force !== undefined) return force !== '0' && force !== 'false';
  return !no && process.stdout.isTTY;
}

/** Colours a text, where stdout gets colours. */
export const paint = (style: Style, text: string): string =>
  hasColour() ? styleText(style, text, { validateStream: false }) : text;

/** A table with a head and without inner lines. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const grid = new Table({
    head: [...head],
    style: { head: hasColour() ? ['bold'] : [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  grid.push(...rows.map((row) => [...row]));
  return grid.toString();
}

/** Seconds since a moment, with one decimal. @param startedMs as `Date.now()` gave it */
export const secondsSince = (startedMs: number): string =>
  `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;

/** Prints what went wrong: for a user's error the message alone, for a defect its stack too. */
export function reportError(error: unknown, verbose = false): void {
  if (error instanceof UserError && !verbose) console.error(`${paint('red', '✗')} ${error.message}`);
  else console.error(error);
}
