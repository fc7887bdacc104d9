/** Takes secrets out of what is shown: the deployment's own by their value, tokens by their shape. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../stacks/settings.ts';

const HIDDEN = '***';
/** Shorter values would hide innocent words. */
const SHORTEST = 8;
const JWT = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;
const IN_QUERY = /([?&](?:token|access_token|password)=)[^&\s"']+/gi;

/** @param values the secrets themselves */
export function redactor(values: readonly string[]): (text: string) => string {
  const known = values.filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
  return (text) =>
    known
      .reduce((rest, value) => rest.replaceAll(value, HIDDEN), text)
      .replace(JWT, HIDDEN)
      .replace(IN_QUERY, `$1${HIDDEN}`);
}

/** The values of all secrets a deployment has, generated or given. */
export function secretValues(settings: Settings, root: string): string[] {
  const folder = join(root, 'secrets', settings.BTCW_PROJECT);
  const generated = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const given = [settings.BTCW_ADMIN_PASSWORD_FILE, settings.BTCW_FRP_TOKEN_FILE].filter(
    (file) => file !== undefined,
  );
  const values = [...generated, ...given].map((file) => readFileSync(file, 'utf8').trim());
  const environment = settings.BTCW_BACKEND_ENV_FILE
    ? readFileSync(settings.BTCW_BACKEND_ENV_FILE, 'utf8')
        .split('\n')
        .map((line) => line.split('=').slice(1).join('=').trim())
    : [];
  return [...values, ...environment];
}
