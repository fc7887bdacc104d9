/** A command line as a shell splits it into words; nothing else that shells do. */

/** @returns the words; undefined where a quote is not closed */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote === "'" && char !== "'") word += char;
    else if (quote === '"' && char === '\\' && /["\\$`]/.test(next)) {
      word += next;
      at += 1;
    } else if (char === quote) quote = '';
    else if (quote) word += char;
    else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '\\') {
      word = (word ?? '') + next;
      at += 1;
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return quote ? undefined : words;
}
