/** Amounts of data, for people. */
import { messages } from '../../messages/index.ts';

const UNITS = [messages.lib.bytes, 'kB', 'MB', 'GB', 'TB'];

/** @example bytesText(1_234_567) // '1.2 MB' */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${UNITS[power]}`;
}
