/**
 * Replaces variables in a text as Docker Compose does, in its files and in its environment files.
 * https://docs.docker.com/reference/compose-file/interpolation/
 */

import { messages } from '../../messages/index.ts';

const said = messages.settings.interpolate;

/** @returns the value of a variable; undefined where it is not set */
export type Lookup = (name: string) => string | undefined;

export type Interpolated =
  | {
      readonly value: string;
      /** Variables that were replaced by nothing, as they are not set and have no default. */
      readonly unset: readonly string[];
    }
  | { readonly problem: string };

const NAME = /^[A-Za-z_]\w*/;

/** Index of the brace that closes the one a text begins with, as in `${A:-${B}}`; -1 where none does. */
function closingBrace(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text.startsWith('${', at)) depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0 && text[at] === '}') return at;
  }
  return -1;
}

/** What stands between the braces. @example expression('A:-x', lookup) */
function expression(inner: string, lookup: Lookup): Interpolated {
  const [name] = NAME.exec(inner) ?? [];
  if (!name) return { problem: said.noName(`\${${inner}}`) };
  const rest = inner.slice(name.length);
  const value = lookup(name);
  if (rest === '') return { value: value ?? '', unset: value === undefined ? [name] : [] };
  const [, colon, sign, word = ''] = /^(:?)([-?+])(.*)$/s.exec(rest) ?? [];
  if (!sign) return { problem: said.wrongSign(`\${${inner}}`) };
  const isThere = value !== undefined && !(colon && value === '');
  if (sign === '+') return isThere ? interpolate(word, lookup) : { value: '', unset: [] };
  if (isThere) return { value, unset: [] };
  if (sign === '-') return interpolate(word, lookup);
  const message = interpolate(word, lookup);
  const isEmpty = value === '';
  if (!('value' in message) || !message.value) {
    return { problem: isEmpty ? said.empty(name) : said.unset(name) };
  }
  const { value: why } = message;
  return { problem: isEmpty ? said.emptyBecause(name, why) : said.unsetBecause(name, why) };
}

/** Replaces $NAME and ${NAME}, with `:-`, `-`, `:?`, `?`, `:+`, `+` after the name; `$$` is a dollar, and so is one that begins none. */
export function interpolate(text: string, lookup: Lookup): Interpolated {
  const unset: string[] = [];
  let result = '';
  let rest = text;
  for (let dollar = rest.indexOf('$'); dollar >= 0; dollar = rest.indexOf('$')) {
    result += rest.slice(0, dollar);
    rest = rest.slice(dollar);
    const [name] = NAME.exec(rest.slice(1)) ?? [];
    if (!name && !rest.startsWith('${')) {
      result += '$';
      rest = rest.slice(rest.startsWith('$$') ? 2 : 1);
      continue;
    }
    const end = name ? name.length : closingBrace(rest);
    if (end < 0) return { problem: said.openBrace };
    const replaced = expression(name ?? rest.slice(2, end), lookup);
    if ('problem' in replaced) return replaced;
    result += replaced.value;
    unset.push(...replaced.unset);
    rest = rest.slice(end + 1);
  }
  return { value: result + rest, unset };
}
