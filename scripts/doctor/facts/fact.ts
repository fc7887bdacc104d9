/** Errors that only a mistake in this program gives. */
const DEFECTS = [TypeError, RangeError, ReferenceError];

/**
 * A fact that cannot be had, as a file or a program is missing or refuses, is undefined.
 * @throws {Error} for a defect of this program, which must not look like a missing fact
 */
export async function fact<T>(gather: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await gather();
  } catch (error) {
    if (DEFECTS.some((defect) => error instanceof defect)) throw error;
    return undefined;
  }
}
