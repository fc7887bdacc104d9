/** The checks of a deployment from another machine, at one address. */
import { readFileSync } from 'node:fs';
import { UserError } from '../../stacks/errors.mjs';
import { answerText } from '../lib/http.ts';
import { addressChecks, listed, soakCheck, WRONG_TOKEN } from './address.ts';
import { type Check, once, type PlannedCheck, runPlanned } from './check.ts';
import { requestToken } from './login.ts';

const NAME = 'remote';
/** Nothing of the deployment is here: neither its containers nor their names. */
const FIX = 'npm run doctor, on the machine that is deployed to';

export interface RemoteOptions {
  /** @example 'http://47.108.221.231:60001' */
  readonly url: string;
  /** @default 'admin' */
  readonly user?: string;
  readonly passwordFile?: string;
}

/** @throws {UserError} for anything but an http or https address */
export function baseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UserError(`--url: should be an address such as "http://47.108.221.231:60001", got "${text}".`);
  }
  return text.replace(/\/$/, '');
}

function passwordIn(file: string | undefined): string {
  if (!file) {
    throw new UserError(
      '--password-file: is required with --url.',
      'copy secrets/<project>/admin-password to this machine.',
    );
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UserError(`--password-file: cannot read "${file}": ${(error as Error).message}`);
  }
}

/**
 * Runs the checks that need nothing but the address.
 * @param soakSec seconds that a WebSocket is kept open. @default - no soak
 * @throws {UserError} for wrong options
 */
export function remoteChecks(options: RemoteOptions, soakSec?: number): Promise<Check[]> {
  const { user = 'admin', passwordFile } = options;
  const url = baseUrl(options.url);
  const password = passwordIn(passwordFile);
  const logIn = once(() => requestToken(url, user, password));
  const login: PlannedCheck = {
    name: `${NAME}: login gives a token`,
    dependsOn: [],
    fix: 'check --user and --password-file',
    run: async () => {
      const { answer, token } = await logIn();
      const ok = answer.status === 200 && token !== '';
      return { ok, detail: answerText(answer), ...(answer.status === 0 && { fix: FIX }) };
    },
  };
  const token = async () => (await logIn()).token;
  const fixes = { frontend: FIX, backend: FIX, proxy: FIX };
  const checks = addressChecks(
    { name: NAME, url, fixes },
    async () => ({ wrong: WRONG_TOKEN, valid: await token() }),
    { page: [login], api: [login], login },
    ['wrong', 'valid'],
  );
  const opened = { dependsOn: checks.upgrades.slice(-1), fix: FIX };
  const held = soakSec === undefined ? [] : [soakCheck({ name: NAME, url }, token, soakSec, opened)];
  return runPlanned([login, ...listed(checks), ...held]);
}
