/** The backend: the user's own, or the reference application. */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import { purposeOf } from '../settings/service-settings.ts';
import { chosen } from './chosen.ts';
import { anyHttpHealth, httpHealth } from './health.ts';
import type { HostFacts } from './host.ts';
import { type ImageSource, ownImage, runtimeImage } from './image-source.ts';
import { bridgeOf, gatewayOf } from './network.ts';
import { postgresUrl } from './postgres.ts';
import { redisUrl } from './redis.ts';
import { generatedSecret, SECRETS_DIR, secretFiles } from './secrets.ts';
import type { ServiceDefinition, VolumeMount } from './service.ts';
import { USERS } from './users.ts';
import { afterGuard, withWatchdog } from './watchdog.ts';

const PORT = 8000;
const DATA_DIR = '/data';
const BEFORE_START = 'backend-before-start';
/** Migrations of large tables take their time. */
const BEFORE_START_SEC = 600;

const SOURCES = ['src', 'package.json', 'build.mjs', 'Dockerfile'];

/** The reference application: one bundled file, and the Node that runs it. */
export const backendImage = (settings: Settings): ImageSource =>
  withWatchdog({
    kind: 'dockerfile',
    name: 'backend',
    dockerfile: 'assets/backend/Dockerfile',
    from: runtimeImage(settings),
    fromArgument: 'BASE',
    sources: SOURCES.map((path) => `assets/backend/${path}`),
    packages: { workspace: 'assets/backend' },
    build: 'assets/backend',
    content: [
      { kind: 'copy', path: 'assets/backend/dist', to: '.' },
      { kind: 'node', to: 'node' },
    ],
  });

/** What it waits for. */
const dependenciesOf = ({ BTCW_POSTGRES, BTCW_REDIS, BTCW_BACKEND_BEFORE_START }: Settings): string[] => [
  ...(BTCW_POSTGRES === 'on' ? ['postgres'] : []),
  ...(BTCW_REDIS === 'on' ? ['redis'] : []),
  ...(BTCW_BACKEND_BEFORE_START ? [BEFORE_START] : []),
];

const volumesOf = ({ BTCW_BACKEND_VOLUMES: folders }: Settings): VolumeMount[] =>
  [DATA_DIR, ...folders.filter((folder) => folder !== DATA_DIR)].map((path) => ({
    purpose: purposeOf(path),
    path,
  }));

/** Published on loopback and on the bridge, where nginx reaches it. */
export function backend(settings: Settings, host: HostFacts): ServiceDefinition {
  const own = ownImage(settings.BTCW_BACKEND_IMAGE, settings.BTCW_BACKEND_CONTEXT);
  const port = own ? settings.BTCW_BACKEND_CONTAINER_PORT : PORT;
  const secrets = secretFiles(settings, host.packageFolder);
  const { BTCW_BACKEND_ENV_FILE: environmentFile, BTCW_PRICE_FEED_URL: priceFeed } = settings;
  return {
    name: 'backend',
    id: 'Backend',
    image: own ?? backendImage(settings),
    ports: [
      {
        container: port,
        host: settings.BTCW_BACKEND_PORT,
        addresses: ['127.0.0.1', gatewayOf(settings, host)],
        setting: 'BTCW_BACKEND_PORT',
      },
    ],
    routes: settings.BTCW_BACKEND_PATHS,
    healthPath: settings.BTCW_BACKEND_HEALTH_PATH,
    ...(!own && { user: USERS.backend }),
    environment: {
      HOST: '0.0.0.0',
      PORT: String(port),
      ADMIN_USER: settings.BTCW_ADMIN_USER,
      ADMIN_PASSWORD_FILE: `${SECRETS_DIR}/admin_password`,
      JWT_SECRET_FILE: `${SECRETS_DIR}/jwt_secret`,
      DATA_DIR,
      // nginx comes from there, or through docker-proxy from its gateway.
      ...(!own && { TRUSTED_PROXIES: bridgeOf(settings, host).subnet }),
    },
    // The databases' addresses come last: a file of examples has others.
    secretEnvironment: [
      ...(environmentFile ? [{ file: environmentFile }] : []),
      ...settings.BTCW_BACKEND_GENERATE.map((name) => ({
        name,
        secretFile: generatedSecret(name, settings.BTCW_PROJECT, host.packageFolder),
      })),
      ...postgresUrl(settings, host),
      ...redisUrl(settings, host),
      ...(priceFeed ? [{ name: 'PRICE_FEED_URL', value: priceFeed }] : []),
    ],
    dependsOn: dependenciesOf(settings),
    health: (own ? anyHttpHealth : httpHealth)(port, settings.BTCW_BACKEND_HEALTH_PATH),
    ...chosen('BACKEND', settings, { memoryMiB: 512, pids: 256 }),
    readOnlyRoot: !own,
    init: Boolean(own),
    config: {
      path: SECRETS_DIR,
      owner: USERS.backend,
      // An image of the user's own runs as a user we do not know; no other container has the volume.
      secretMode: own ? '0444' : '0400',
      onChange: 'restart',
      files: [
        { path: 'admin_password', secretFile: secrets.adminPassword },
        { path: 'jwt_secret', secretFile: secrets.jwtSecret },
      ],
    },
    volumes: [...volumesOf(settings), ...(own ? [] : afterGuard(settings))],
    disruption: messages.topology.disruption.sockets,
  };
}

/** What has to succeed before the backend starts; undefined where there is nothing. */
export function beforeBackend(settings: Settings, host: HostFacts): ServiceDefinition | undefined {
  const command = settings.BTCW_BACKEND_BEFORE_START;
  if (!command) return undefined;
  const {
    id: _,
    startTimeoutSec: __,
    command: ___,
    dependsOn,
    volumes = [],
    ...like
  } = backend(settings, host);
  return {
    ...like,
    name: BEFORE_START,
    oneOff: true,
    ports: [],
    routes: [],
    entrypoint: ['/bin/sh', '-c', command],
    health: undefined,
    startTimeoutSec: settings.BTCW_BACKEND_START_TIMEOUT ?? BEFORE_START_SEC,
    volumes: volumes.filter(({ empty }) => !empty).map((mount) => ({ ...mount, of: like.name })),
    dependsOn: (dependsOn ?? []).filter((name) => name !== BEFORE_START),
    disruption: messages.topology.disruption.beforeBackend,
  };
}
