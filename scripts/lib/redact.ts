/** Takes secrets out of what is shown: the deployment's own by their value, tokens by their shape. */

const HIDDEN = '***';
/** Shorter values would hide innocent words. */
const SHORTEST = 8;
const JWT = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;
/** Of a database's address, for one. */
const IN_URL = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi;
const IN_QUERY = /([?&](?:token|access_token|password)=)[^&\s"']+/gi;

/** @param values the secrets themselves */
export function redactor(values: readonly string[]): (text: string) => string {
  const known = values.filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
  return (text) =>
    known
      .reduce((rest, value) => rest.replaceAll(value, HIDDEN), text)
      .replace(JWT, HIDDEN)
      .replace(IN_URL, `$1${HIDDEN}@`)
      .replace(IN_QUERY, `$1${HIDDEN}`);
}
