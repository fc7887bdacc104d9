/** What is wrong with secrets, before any of them replaces the one that is in use. Never shows a secret. */
import { relative } from 'node:path';
import { UserError } from '../../stacks/errors.mjs';
import { isPassword, passwordRule } from '../../stacks/settings/rules.ts';
import type { SecretFiles } from '../../stacks/topology/secrets.ts';

const isOneLine = (text: string): boolean => /^\S+$/.test(text.trim());

/** A file of secrets, its rule, and what to do where it is broken. */
interface SecretRule {
  readonly file: keyof SecretFiles;
  readonly rule: string;
  readonly holds: (text: string) => boolean;
  readonly fix: string;
}

/** What stands in a URL as it is: the databases' passwords do. */
const isUrlSafe = (text: string): boolean => /^[\w.~-]{12,}$/.test(text.trim());

const GENERATED = 'Remove the file, then run this again: another is generated.';

const RULES: readonly SecretRule[] = [
  {
    file: 'adminPassword',
    rule: passwordRule,
    holds: isPassword,
    fix: 'Write such a password into it (or remove the file: one is generated), then run this again.',
  },
  ...(['jwtSecret', 'frpToken', 'fingerprintKey'] as const).map((file) => ({
    ...{ file, holds: isOneLine },
    rule: 'should hold one line without blanks',
    fix: GENERATED,
  })),
  ...(['postgresPassword', 'redisPassword'] as const).map((file) => ({
    ...{ file, holds: isUrlSafe },
    rule: 'should hold one line of at least 12 letters, digits, ".", "_", "~" and "-"',
    fix: GENERATED,
  })),
];

/**
 * @param read the text of a file; undefined for one that is not there, as nothing uses it
 * @param packageFolder names are shown relative to it
 * @returns a line for each secret that breaks its rule
 */
export function secretProblems(
  files: SecretFiles,
  read: (file: string) => string | undefined,
  packageFolder: string,
): string[] {
  return RULES.flatMap(({ file, rule, holds, fix }) => {
    const text = read(files[file]);
    if (text === undefined || holds(text)) return [];
    const got = text.trim() === '' ? 'and is empty' : 'and does not';
    return [`${relative(packageFolder, files[file])}: ${rule}, ${got}. ${fix}`];
  });
}

/** @throws {UserError} with a line for each secret that breaks its rule */
export function requireGoodSecrets(
  files: SecretFiles,
  read: (file: string) => string | undefined,
  packageFolder: string,
): void {
  const problems = secretProblems(files, read, packageFolder);
  if (problems.length === 0) return;
  problems.push('Nothing was changed: what runs goes on with the secrets that it has.');
  throw new UserError(problems.join('\n'));
}
