/** @returns what a record itself has under a name that a user gives: every object has a `toString`, and nobody set it */
export const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
