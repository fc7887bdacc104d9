/** Where a deployment's secrets are. Their files are made by scripts/deployment/secrets.ts, and read by few. */
import type { Settings } from '../settings/definitions.ts';

/** Where a container has its secrets: one file each, as Compose puts them. */
export const SECRETS_DIR = '/run/secrets';

/** Absolute paths of files with one secret each, 0600. */
export interface SecretFiles {
  readonly adminPassword: string;
  readonly jwtSecret: string;
  readonly frpToken: string;
  /** Those of the databases are made where one is on. */
  readonly postgresPassword: string;
  readonly redisPassword: string;
  /** Key of the fingerprints by which plan and state know the others. */
  readonly fingerprintKey: string;
}

type Read = Pick<Settings, 'BTCW_PROJECT' | 'BTCW_ADMIN_PASSWORD_FILE' | 'BTCW_FRP_TOKEN_FILE'>;

/** Those of a project that are generated. @param packageFolder absolute path of this package */
export const secretsFolder = (project: string, packageFolder: string): string =>
  `${packageFolder}/secrets/${project}`;

/** The user's own files where they are set, else the generated ones. */
export function secretFiles(settings: Read, packageFolder: string): SecretFiles {
  const generated = (name: string) => `${secretsFolder(settings.BTCW_PROJECT, packageFolder)}/${name}`;
  return {
    // Getters, so that a service depends on the settings of those secrets alone that it uses.
    get adminPassword() {
      return settings.BTCW_ADMIN_PASSWORD_FILE ?? generated('admin-password');
    },
    get jwtSecret() {
      return generated('jwt-secret');
    },
    get frpToken() {
      return settings.BTCW_FRP_TOKEN_FILE ?? generated('frp-token');
    },
    get postgresPassword() {
      return generated('postgres-password');
    },
    get redisPassword() {
      return generated('redis-password');
    },
    get fingerprintKey() {
      return generated('fingerprint-key');
    },
  };
}

/**
 * The certificate by which frpc knows its server, one for each address; undefined where a CA file does that, and for the
 * embedded server.
 */
export function frpPinFile(
  settings: Pick<
    Settings,
    'BTCW_PROJECT' | 'BTCW_FRP_SERVER_ADDR' | 'BTCW_FRP_SERVER_PORT' | 'BTCW_FRP_TLS_CA_FILE'
  >,
  packageFolder: string,
): string | undefined {
  const { BTCW_FRP_SERVER_ADDR: host, BTCW_FRP_SERVER_PORT: port, BTCW_FRP_TLS_CA_FILE: caFile } = settings;
  if (!host || caFile) return undefined;
  return `${secretsFolder(settings.BTCW_PROJECT, packageFolder)}/frp-server-${host}-${port}.pem`;
}

/** A secret that is generated under the name of a variable: no other file there has such a name. */
export const generatedSecret = (name: string, project: string, packageFolder: string): string =>
  `${secretsFolder(project, packageFolder)}/${name}`;
