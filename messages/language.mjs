// The language of all messages. Plain JavaScript without dependencies: bootstrap speaks before any package is installed.
import { readFileSync } from 'node:fs';

/** @typedef {'en' | 'zh'} Language */

/**
 * The language of a locale, or of BTCW_LANG.
 * @param {string | undefined} value @returns {Language | undefined} undefined where it says nothing
 * @example languageOf('zh_CN.UTF-8') // 'zh'
 */
const languageOf = (value) => (value ? (/^zh\b|^zh_/i.test(value) ? 'zh' : 'en') : undefined);

/** @param {string} file @returns {string | undefined} its BTCW_LANG; undefined where it has none, or cannot be read */
function languageIn(file) {
  try {
    return /^\s*(?:export\s+)?BTCW_LANG\s*=\s*["']?(en|zh)\b/m.exec(readFileSync(file, 'utf8'))?.[1];
  } catch {
    // Whoever needs the file says what is wrong with it.
    return undefined;
  }
}

/**
 * BTCW_LANG of the environment, else of the settings' file, else the locale, as POSIX orders its variables.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} [file] with settings
 * @returns {Language}
 */
export const chooseLanguage = (env, file = env.BTCW_ENV_FILE ?? '.env') =>
  languageOf(env.BTCW_LANG || languageIn(file) || env.LC_ALL || env.LC_MESSAGES || env.LANG) ?? 'en';

/** The language of this run. */
export const language = chooseLanguage(process.env);
