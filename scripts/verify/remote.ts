/** The checks of a deployment from another machine, at one address. */
import { UserError } from '../../stacks/errors.mjs';
import { profileOf } from '../deployment/profile.ts';
import { loadDeployment } from '../deployment/project.ts';
import { apiUpstream, pageUpstream, seeLog } from '../deployment/routes.ts';
import { readNamedFile } from '../lib/files.ts';
import { addressChecks, listed } from './address.ts';
import { type Check, runPlanned } from './check.ts';
import { loginOf } from './login.ts';
import { soakCheck } from './socket.ts';

const NAME = 'remote';
/** Nothing of the deployment is here. */
const elsewhere = (command: string): string => `${command}, on the machine that is deployed to`;

export interface RemoteOptions {
  /** @example 'http://47.108.221.231:60001' */
  readonly url: string;
  /** @default - BTCW_ADMIN_USER */
  readonly user?: string | undefined;
  /** @default - BTCW_ADMIN_PASSWORD_FILE */
  readonly passwordFile?: string | undefined;
  /** Seconds that a WebSocket is kept open. @default - no soak */
  readonly soakSec?: number | undefined;
}

/** @throws {UserError} for anything but an http or https address */
export function baseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UserError(`--url: should be an address such as "http://47.108.221.231:60001", got "${text}".`);
  }
  return text.replace(/\/$/, '');
}

/** @throws {UserError} where there is none, or it cannot be read */
export function passwordIn(file: string | undefined): string {
  if (!file) {
    throw new UserError(
      '--password-file: is required with --url.',
      'copy secrets/<project>/admin-password to this machine.',
    );
  }
  try {
    return readNamedFile(file).trim();
  } catch (error) {
    throw new UserError(`--password-file: cannot read "${file}": ${(error as Error).message}`);
  }
}

/**
 * Runs the checks that need nothing but the address.
 * @throws {UserError} for wrong options, settings or profiles
 */
export function remoteChecks(options: RemoteOptions): Promise<Check[]> {
  const url = baseUrl(options.url);
  const { settings, topology } = loadDeployment();
  const profile = profileOf(settings, topology);
  const { user = settings.BTCW_ADMIN_USER, soakSec } = options;
  const password = profile.login ? passwordIn(options.passwordFile ?? settings.BTCW_ADMIN_PASSWORD_FILE) : '';
  const [page, api] = [pageUpstream(topology).service, apiUpstream(topology, profile).service];
  const logOf = (service: string) => elsewhere(seeLog(topology, service));
  const account = {
    base: url,
    user,
    password: () => password,
    fixOf: ({ status }: { readonly status: number }) =>
      status === 0 ? elsewhere('npm run doctor') : 'check --user and --password-file',
  };
  const login = loginOf(`${NAME}: login gives a token`, profile, account, []);
  // What needs no token has nothing to wait for.
  const before = profile.login ? [login.check] : [];
  const checks = addressChecks(
    { name: NAME, url, fixes: { frontend: logOf(page), backend: logOf(api), proxy: logOf(topology.proxy) } },
    { profile, routes: [], isOneService: page === api, token: login.token },
    { page: before, api: before, login: login.check },
  );
  const opened = { dependsOn: checks.upgrades.slice(-1), fix: elsewhere('npm run doctor') };
  const held =
    soakSec === undefined ? [] : [soakCheck({ name: NAME, url }, profile, login.token, soakSec, opened)];
  return runPlanned([login.check, ...listed(checks), ...held]);
}
