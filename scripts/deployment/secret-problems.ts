/** What is wrong with secrets, before any of them replaces the one that is in use. Never shows a secret. */
import { relative } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { Settings } from '../../stacks/settings/definitions.ts';
import { isPassword, passwordRule } from '../../stacks/settings/rules.ts';
import type { SecretFiles } from '../../stacks/topology/secrets.ts';

const said = messages.deployment.secretProblems;

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

const RULES: readonly SecretRule[] = [
  {
    file: 'adminPassword',
    rule: passwordRule,
    holds: isPassword,
    fix: said.passwordFix,
  },
  ...(['jwtSecret', 'frpToken', 'fingerprintKey'] as const).map((file) => ({
    ...{ file, holds: isOneLine },
    rule: said.oneLineRule,
    fix: said.generated,
  })),
  ...(['postgresPassword', 'redisPassword'] as const).map((file) => ({
    ...{ file, holds: isUrlSafe },
    rule: said.databasePasswordRule,
    fix: said.generated,
  })),
];

/** A token is tried by whoever reads the login of an frpc that does not check its server: md5, with a known time. */
const TOKEN_LENGTH = 16;

/** @returns a line where a server on the internet would be logged in to with a token that can be guessed */
function tokenProblem(
  { BTCW_FRP_SERVER_ADDR: server, BTCW_FRP_TOKEN_FILE: given }: Settings,
  file: string,
  text: string | undefined,
): string[] {
  const length = text?.trim().length ?? 0;
  if (!server || length === 0 || length >= TOKEN_LENGTH) return [];
  return [said.shortToken(given ? `BTCW_FRP_TOKEN_FILE (${given})` : file, TOKEN_LENGTH, length, server)];
}

/**
 * @param read the text of a file; undefined for one that is not there, as nothing uses it
 * @param packageFolder names are shown relative to it
 * @returns a line for each secret that breaks its rule
 */
export function secretProblems(
  settings: Settings,
  files: SecretFiles,
  read: (file: string) => string | undefined,
  packageFolder: string,
): string[] {
  const shown = (file: keyof SecretFiles) => relative(packageFolder, files[file]);
  const problems = RULES.flatMap(({ file, rule, holds, fix }) => {
    const text = read(files[file]);
    if (text === undefined || holds(text)) return [];
    const problem = text.trim() === '' ? said.empty : said.wrong;
    return [problem(shown(file), rule, fix)];
  });
  return [...problems, ...tokenProblem(settings, shown('frpToken'), read(files.frpToken))];
}

/** @throws {UserError} with a line for each secret that breaks its rule */
export function requireGoodSecrets(
  settings: Settings,
  files: SecretFiles,
  read: (file: string) => string | undefined,
  packageFolder: string,
): void {
  const problems = secretProblems(settings, files, read, packageFolder);
  if (problems.length === 0) return;
  problems.push(said.nothingChanged);
  throw new UserError(problems.join('\n'));
}
