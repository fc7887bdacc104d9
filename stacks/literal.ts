/**
 * Strings that Terraform takes literally. It evaluates `${…}` and `%{…}` in every string of a configuration: a setting
 * with `${file("/etc/passwd")}` would become that file. https://developer.hashicorp.com/terraform/language/expressions/strings
 */
const escapeText = (text: string): string => text.replace(/[$%](?=\{)/g, (sign) => `${sign}${sign}`);

/** The text that {@link literal} has escaped. */
export const unescaped = (text: string): string => text.replace(/([$%])\1(?=\{)/g, (_, sign: string) => sign);

/** Escapes every string in a value of plain data, whatever its depth. */
export function literal<T>(value: T): T {
  if (typeof value === 'string') return escapeText(value) as T;
  if (Array.isArray(value)) return value.map(literal) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, literal(entry)])) as T;
}
