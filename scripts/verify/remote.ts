/** The checks of a deployment from another machine, at one address. */
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { profileOf } from '../deployment/profile.ts';
import { loadDeployment } from '../deployment/project.ts';
import { apiUpstream, pageUpstream } from '../deployment/routes.ts';
import { readNamedFile } from '../lib/files.ts';
import { addressChecks, listed, logsOf } from './address.ts';
import { type Check, runPlanned, type ShowCheck } from './check.ts';
import { loginOf } from './login.ts';
import { soakCheck } from './socket.ts';

const said = messages.verify.remote;

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

/**
 * What the paths that are asked for are put behind: without what follows the path of an address, as browsers show it.
 * @throws {UserError} for anything but an http or https address
 */
export function baseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new UserError(said.noAddress(text));
  url.search = '';
  url.hash = '';
  return url.href.replace(/\/$/, '');
}

/** @throws {UserError} where there is none, or it cannot be read */
export function passwordIn(file: string | undefined): string {
  if (!file) {
    throw new UserError(said.noPasswordFile, said.noPasswordFileFix);
  }
  try {
    return readNamedFile(file).trim();
  } catch (error) {
    throw new UserError(said.unreadable(file, (error as Error).message));
  }
}

/**
 * Runs the checks that need nothing but the address.
 * @param show tells of each as it is done. @default - nothing is shown
 * @throws {UserError} for wrong options, settings or profiles
 */
export function remoteChecks(options: RemoteOptions, show?: ShowCheck): Promise<Check[]> {
  const url = baseUrl(options.url);
  const { settings, topology } = loadDeployment();
  const profile = profileOf(settings, topology);
  const { user = settings.BTCW_ADMIN_USER, soakSec } = options;
  const password = profile.login ? passwordIn(options.passwordFile ?? settings.BTCW_ADMIN_PASSWORD_FILE) : '';
  // Nothing of the deployment is here.
  const { elsewhere } = said;
  const remote = { id: 'remote', name: said.name, url, fixes: logsOf(topology, profile, elsewhere) } as const;
  const isOneService = pageUpstream(topology).service === apiUpstream(topology, profile).service;
  const account = {
    base: url,
    user,
    password: () => password,
    fixOf: ({ status }: { readonly status: number }) =>
      status === 0 ? elsewhere('npm run doctor') : said.checkAccount,
  };
  const login = loginOf(messages.verify.login.name(said.name), profile, account, []);
  // What needs no token has nothing to wait for.
  const before = profile.login ? [login.check] : [];
  const checks = addressChecks(
    remote,
    { profile, routes: [], isOneService, token: login.token },
    { page: before, api: before, login: login.check },
  );
  const opened = { dependsOn: checks.upgrades.slice(-1), fix: elsewhere('npm run doctor') };
  const held = soakSec === undefined ? [] : [soakCheck(remote, profile, login.token, soakSec, opened)];
  return runPlanned([login.check, ...listed(checks), ...held], show);
}
