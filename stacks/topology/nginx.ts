/** The reverse proxy, the one way in: each path to its service, through the bridge's address on the host. */
import { messages } from '../../messages/index.ts';
import { renderNginxConf, STATUS_PORT } from '../render/nginx-conf.ts';
import { renderNginxReload, renderNginxZones } from '../render/nginx-reload.ts';
import type { Settings } from '../settings/definitions.ts';
import { WAY_IN_CPU_SHARES } from './cpu-shares.ts';
import { httpHealth } from './health.ts';
import type { HostFacts } from './host.ts';
import { debianImage, ownImage } from './image-source.ts';
import { gatewayOf } from './network.ts';
import { memoryFor, OLD_WORKERS, tmpFor } from './nginx-capacity.ts';
import type { Port, ServiceDefinition } from './service.ts';
import type { Upstream } from './upstream.ts';
import { USERS } from './users.ts';
import { afterGuard, watched, withWatchdog } from './watchdog.ts';

const PORT = 8501;
/** For frpc alone: docs/decisions/0014-proxy-protocol.md. */
const TUNNEL_PORT = 8506;
const CONFIG_DIR = '/etc/nginx';
const ZONES = { path: 'zones.sh', content: renderNginxZones() };
const WRITE_ZONES = `sh ${CONFIG_DIR}/${ZONES.path}`;
const RELOAD = {
  path: 'reload.sh',
  content: renderNginxReload(OLD_WORKERS, `${CONFIG_DIR}/${ZONES.path}`),
};

/** Reloads nginx in its container. */
export const RELOAD_COMMAND = ['sh', `${CONFIG_DIR}/${RELOAD.path}`];

/** Debian's nginx. */
export const nginxImage = (settings: Settings) =>
  withWatchdog(debianImage('nginx', settings), ['body-deadline.lua']);

/**
 * nginx writes whole request lines into its error log, and a WebSocket's token is in one: query strings are taken out
 * on the way. nginx takes the place of the shell, so that it gets Docker's signals; what it refuses to start with is
 * printed before that, as its last lines might not get through.
 */
const SCRIPT = [
  WRITE_ZONES,
  'nginx -t -q || exit 1',
  'rm -f /tmp/errors',
  'mkfifo -m 600 /tmp/errors',
  `sed -u -e 's/?[^" ]*/?.../g' -e 's/eyJ[A-Za-z0-9_-]*[.][A-Za-z0-9_.-]*/***/g' < /tmp/errors >&2 & exec nginx -g 'daemon off;' 2> /tmp/errors`,
].join('; ');
const START = ['sh', '-c', SCRIPT];
const STATUS_PATH = '/status';
const STATUS_URL = `http://127.0.0.1:${STATUS_PORT}${STATUS_PATH}`;

/** Whether the tunnel has a port of its own. */
export const hasTunnelPort = (settings: Pick<Settings, 'BTCW_FRP_PROXY_PROTOCOL'>): boolean =>
  settings.BTCW_FRP_PROXY_PROTOCOL !== 'off';

/** Its own, which is plain HTTP; and that of the tunnel's client, with a PROXY header before each connection. */
export const nginxPorts = (settings: Settings): Port[] => [
  {
    container: PORT,
    host: settings.BTCW_NGINX_PORT,
    addresses: [settings.BTCW_NGINX_BIND],
    setting: 'BTCW_NGINX_PORT',
    addressSetting: 'BTCW_NGINX_BIND',
  },
  ...(hasTunnelPort(settings)
    ? [
        {
          container: TUNNEL_PORT,
          host: settings.BTCW_FRP_LOCAL_PORT,
          addresses: ['127.0.0.1'],
          setting: 'BTCW_FRP_LOCAL_PORT',
          name: 'tunnel',
        } as const,
      ]
    : []),
];

/** @param loginPath of the application; undefined where it is not known */
export function nginx(
  settings: Settings,
  host: HostFacts,
  upstreams: readonly Upstream[],
  loginPath: string | undefined,
): ServiceDefinition {
  const ports = nginxPorts(settings);
  return {
    name: 'nginx',
    id: 'Gateway',
    image: ownImage(settings.BTCW_NGINX_IMAGE) ?? nginxImage(settings),
    ports,
    user: USERS.nginx,
    entrypoint: settings.BTCW_NGINX_IMAGE ? START : watched(START, STATUS_URL),
    volumes: settings.BTCW_NGINX_IMAGE ? [] : afterGuard(settings),
    health: httpHealth(STATUS_PORT, STATUS_PATH),
    limits: {
      memoryMiB: memoryFor(settings, ports.length),
      pids: 64,
      cpuShares: WAY_IN_CPU_SHARES,
    },
    tmpMiB: tmpFor(settings, ports.length),
    config: {
      path: CONFIG_DIR,
      owner: USERS.nginx,
      check: ['sh', '-c', `${WRITE_ZONES} && nginx -t -q`],
      onChange: { reload: RELOAD_COMMAND },
      files: [
        {
          path: 'nginx.conf',
          content: renderNginxConf(settings, {
            port: PORT,
            ...(ports.length > 1 && { tunnelPort: TUNNEL_PORT }),
            gateway: gatewayOf(settings, host),
            upstreams,
            ...(loginPath && { loginPath }),
          }),
        },
        ZONES,
        RELOAD,
      ],
    },
    disruption: messages.topology.disruption.sockets,
  };
}
