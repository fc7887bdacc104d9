/** PostgreSQL: Debian's, for the services of this deployment alone. */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import { commandHealth } from './health.ts';
import type { HostFacts } from './host.ts';
import { debianImage, type ImageSource } from './image-source.ts';
import { SECRETS_DIR, secretFiles } from './secrets.ts';
import type { SecretEnvironment, ServiceDefinition } from './service.ts';
import { USERS } from './users.ts';

const PASSWORD = 'password';
/** Role and database of the applications. */
const NAME = 'app';
/** Share of its memory that the server caches data in, as its manual advises. */
const BUFFERS = 0.25;
/** A server that was killed reads through its log of changes first. */
const START_TIMEOUT_SEC = 300;

/** @example image: btcw/postgres */
export const postgresImage = (settings: Pick<Settings, 'BTCW_BASE_IMAGE'>): ImageSource =>
  debianImage('postgres', settings);

/** Undefined where it is off. */
export function postgres(settings: Settings, host: HostFacts): ServiceDefinition | undefined {
  if (settings.BTCW_POSTGRES === 'off') return undefined;
  const memoryMiB = settings.BTCW_POSTGRES_MEMORY;
  return {
    name: 'postgres',
    image: postgresImage(settings),
    networks: [{ network: 'services', aliases: ['postgres', 'db'] }],
    user: USERS.postgres,
    command: ['postgres', '-c', `shared_buffers=${Math.floor(memoryMiB * BUFFERS)}MB`],
    environment: { POSTGRES_USER: NAME, POSTGRES_PASSWORD_FILE: `${SECRETS_DIR}/${PASSWORD}` },
    config: {
      path: SECRETS_DIR,
      owner: USERS.postgres,
      // Each start sets the role's password.
      onChange: 'restart',
      files: [{ path: PASSWORD, secretFile: secretFiles(settings, host.packageFolder).postgresPassword }],
    },
    volumes: [{ purpose: 'data', path: '/var/lib/postgresql/data' }],
    tmpfs: [{ path: '/run/postgresql', sizeMiB: 1 }],
    // What parallel queries share.
    shmMiB: 128,
    health: commandHealth('healthcheck'),
    startTimeoutSec: START_TIMEOUT_SEC,
    stopGraceSec: 60,
    limits: { memoryMiB, pids: 256 },
    disruption: messages.topology.disruption.database,
  };
}

/** Hands its address, with the password, to an application. */
export function postgresUrl(settings: Settings, host: HostFacts): readonly SecretEnvironment[] {
  if (settings.BTCW_POSTGRES === 'off') return [];
  return [
    {
      name: settings.BTCW_POSTGRES_URL_NAME,
      secretFile: secretFiles(settings, host.packageFolder).postgresPassword,
      before: `${settings.BTCW_POSTGRES_URL_SCHEME}://${NAME}:`,
      after: `@postgres:5432/${NAME}`,
    },
  ];
}
