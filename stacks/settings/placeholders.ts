/** Values that stand in examples for a secret of one's own: published as they are, they are no secrets. */

import { messages } from '../../messages/index.ts';

const said = messages.settings.placeholders;

/** Names whose value should be secret. @example 'JWT_SECRET_KEY', 'SMTP_PASSWORD' */
const SECRET_NAME =
  /(SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|CREDENTIALS?|SALT|(^|_)(API|ACCESS|PRIVATE|AUTH|ENCRYPTION|SIGNING|MASTER)_?KEY)(_|$)|(SECRET|JWT|FERNET)_?KEY$/i;

const PLACEHOLDERS: readonly RegExp[] = [
  // What such values have somewhere: your-secret-key-change-this-in-production.
  /change[-_ ]?(this|me|it)\b|change[-_ ].*production|replace[-_ ]?(this|me|with)\b/,
  /^your[-_ ]|^your(secret|password|passwd|token|key|api)/,
  /^(my|the|a|some|super|test|dev|example)?[-_ ]?(secret|password|passwd)([-_ ]?(key|here))?$/,
  /^(example|placeholder|todo|tbd)$/,
  /^x{3,}$/,
  /^<.*>$/,
];

/** Whether a variable is a secret by its name, and has a value that is a place for one. */
export const isPlaceholder = (name: string, value: string): boolean =>
  SECRET_NAME.test(name) && PLACEHOLDERS.some((pattern) => pattern.test(value.trim().toLowerCase()));

/**
 * What is said of a placeholder; never shows the value, which might be a secret after all.
 * @param where file and line. @example 'app.env, line 3'
 * @param generate how to have it generated; undefined where that is not possible
 */
export const placeholderProblem = (where: string, name: string, generate?: string): string =>
  generate ? said.generate(where, name, generate) : said.write(where, name);
