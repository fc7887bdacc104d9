/** What the settings say of builds of the user's own Dockerfiles. */
import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../../stacks/errors.mjs';
import type { Settings } from '../../stacks/settings/definitions.ts';
import { parseEnvFile } from '../../stacks/settings/env-file.ts';
import { fromEnvironment } from '../lib/environment.ts';

export interface BuildOptions {
  /** Build arguments of all builds. */
  readonly args: Readonly<Record<string, string>>;
  /** Registries that are asked before Docker Hub, in order. */
  readonly mirrors: readonly string[];
  /** Whether python, node and nginx are made here. */
  readonly standIns: boolean;
  /** PEM files of the authorities that builds trust. */
  readonly authorities: readonly string[];
  readonly timeoutMs: number;
  /** Part of every tag: another one has all images built anew. @default - they were never renewed */
  readonly edition?: string;
  /** What stand-ins are built on. */
  readonly base: Pick<Settings, 'BTCW_BASE_IMAGE'>;
}

/** Builds without any of it. */
export const PLAIN_BUILDS: BuildOptions = {
  ...{ args: {}, mirrors: [], standIns: false, authorities: [], timeoutMs: 15 * 60_000 },
  base: { BTCW_BASE_IMAGE: undefined },
};

/** Where distributions keep the authorities that a host trusts. */
const HOST_AUTHORITIES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];

/** Arguments that say where packages come from, and not what is built. */
const SOURCES =
  /^((HTTPS?|FTP|ALL|NO)_PROXY|PIP_(EXTRA_)?INDEX_URL|PIP_TRUSTED_HOST|UV_(DEFAULT_)?INDEX(_URL)?|NPM_CONFIG_REGISTRY|YARN_REGISTRY|GOPROXY|APT_MIRROR)$/i;

/** Whether an argument leaves what is built as it is, so that another mirror gives no other image. */
export const isSource = (name: string): boolean => SOURCES.test(name);

/**
 * @param edition of the deployment's images; none: they were never renewed
 * @throws {UserError} naming the line of the file of arguments that is none
 */
export function buildOptions(settings: Settings, edition?: string): BuildOptions {
  const { BTCW_BUILD_ARGS_FILE: file, BTCW_BUILD_CA: own } = settings;
  const parsed = file
    ? parseEnvFile(readFileSync(file, 'utf8'), `BTCW_BUILD_ARGS_FILE: ${file}`, fromEnvironment)
    : { entries: [], problems: [] };
  if (parsed.problems.length > 0) throw new UserError(parsed.problems.join('\n'));
  const standIns = settings.BTCW_STAND_INS === 'on';
  // A build that trusts one more trusts what the host does, too.
  const host = own || standIns ? HOST_AUTHORITIES.find((path) => existsSync(path)) : undefined;
  return {
    args: Object.fromEntries(parsed.entries.map(({ name, value }) => [name, value])),
    mirrors: settings.BTCW_REGISTRY_MIRROR,
    standIns,
    authorities: [...new Set([host, own].filter((path) => path !== undefined))],
    timeoutMs: settings.BTCW_BUILD_TIMEOUT * 60_000,
    base: { BTCW_BASE_IMAGE: settings.BTCW_BASE_IMAGE },
    ...(edition && { edition }),
  };
}
