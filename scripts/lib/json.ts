/** What commands print with `--json`: one object on stdout, and nothing else there. */

/** Counts up when a name or a meaning in the objects changes. */
export const SCHEMA_VERSION = 1;

/** @param indent 0 for one line. @default 2 */
export function printJson(content: object, indent = 2): void {
  process.stdout.write(`${JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...content }, null, indent)}\n`);
}

/** A moment as JSON has it; null where it is not known. @param ms as `Date.now()` gives it */
export const isoTime = (ms: number | undefined): string | null =>
  ms === undefined || Number.isNaN(ms) ? null : new Date(ms).toISOString();

let isShown = true;
/** Whether text goes to stdout. */
export const isTextShown = (): boolean => isShown;

/** Keeps stdout for {@link printJson}: all else goes to stderr, or nowhere. */
export function silenceText(where: 'stderr' | 'nowhere'): void {
  isShown = false;
  console.log = where === 'stderr' ? console.error : () => {};
}
