/** Redis: Debian's, for the services of this deployment alone. */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import { commandHealth } from './health.ts';
import type { HostFacts } from './host.ts';
import { debianImage, type ImageSource } from './image-source.ts';
import { SECRETS_DIR, secretFiles } from './secrets.ts';
import type { SecretEnvironment, ServiceDefinition } from './service.ts';
import { USERS } from './users.ts';

const PASSWORD = 'password';
/** Share of its memory that data may take: while it is saved, what changes is there twice. */
const DATA = 0.6;
/** It reads all data first. */
const START_TIMEOUT_SEC = 120;

/** @example image: btcw/redis */
export const redisImage = (settings: Pick<Settings, 'BTCW_BASE_IMAGE'>): ImageSource =>
  debianImage('redis', settings);

/** Undefined where it is off. */
export function redis(settings: Settings, host: HostFacts): ServiceDefinition | undefined {
  if (settings.BTCW_REDIS === 'off') return undefined;
  const memoryMiB = settings.BTCW_REDIS_MEMORY;
  return {
    name: 'redis',
    image: redisImage(settings),
    networks: [{ network: 'services', aliases: ['redis'] }],
    user: USERS.redis,
    command: ['redis-server', '--appendonly', 'yes', '--maxmemory', `${Math.floor(memoryMiB * DATA)}mb`],
    environment: { REDIS_PASSWORD_FILE: `${SECRETS_DIR}/${PASSWORD}` },
    config: {
      path: SECRETS_DIR,
      owner: USERS.redis,
      onChange: 'restart',
      files: [{ path: PASSWORD, secretFile: secretFiles(settings, host.packageFolder).redisPassword }],
    },
    volumes: [{ purpose: 'data', path: '/data' }],
    health: commandHealth('healthcheck'),
    startTimeoutSec: START_TIMEOUT_SEC,
    stopGraceSec: 30,
    limits: { memoryMiB, pids: 64 },
    disruption: messages.topology.disruption.cache,
  };
}

/** Hands its address, with the password, to an application. */
export function redisUrl(settings: Settings, host: HostFacts): readonly SecretEnvironment[] {
  if (settings.BTCW_REDIS === 'off') return [];
  return [
    {
      name: settings.BTCW_REDIS_URL_NAME,
      secretFile: secretFiles(settings, host.packageFolder).redisPassword,
      before: 'redis://:',
      after: '@redis:6379/0',
    },
  ];
}
