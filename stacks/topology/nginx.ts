/** The reverse proxy, the one way in: each path to its service, through the bridge's address on the host. */
import { messages } from '../../messages/index.ts';
import { renderNginxConf, STATUS_PORT } from '../render/nginx-conf.ts';
import { renderNginxReload } from '../render/nginx-reload.ts';
import type { Settings } from '../settings/definitions.ts';
import { httpHealth } from './health.ts';
import { assetImage, baseImage, ownImage } from './image-source.ts';
import { memoryFor, OLD_WORKERS, tmpFor } from './nginx-capacity.ts';
import type { ServiceDefinition } from './service.ts';
import type { Upstream } from './upstream.ts';
import { USERS } from './users.ts';

const PORT = 8501;
const CONFIG_DIR = '/etc/nginx';
const RELOAD = { path: 'reload.sh', content: renderNginxReload(OLD_WORKERS) };

/** Reloads nginx in its container. */
export const RELOAD_COMMAND = ['sh', `${CONFIG_DIR}/${RELOAD.path}`];

/** Debian's nginx. */
export const nginxImage = (settings: Settings) => assetImage('nginx', baseImage(settings));

/**
 * nginx writes whole request lines into its error log, and a WebSocket's token is in one: query strings are taken out
 * on the way. nginx stays process 1, which gets Docker's signals; what it refuses to start with is printed before
 * that, as its last lines might not get through.
 */
const START = [
  'nginx -t -q || exit 1',
  'rm -f /tmp/errors',
  'mkfifo -m 600 /tmp/errors',
  `sed -u 's/?[^" ]*/?.../g' < /tmp/errors >&2 & exec nginx -g 'daemon off;' 2> /tmp/errors`,
].join('; ');

export const nginx = (settings: Settings, upstreams: readonly Upstream[]): ServiceDefinition => ({
  name: 'nginx',
  id: 'Gateway',
  image: ownImage(settings.BTCW_NGINX_IMAGE) ?? nginxImage(settings),
  ports: [
    {
      container: PORT,
      host: settings.BTCW_NGINX_PORT,
      addresses: [settings.BTCW_NGINX_BIND],
      setting: 'BTCW_NGINX_PORT',
      addressSetting: 'BTCW_NGINX_BIND',
    },
  ],
  user: USERS.nginx,
  entrypoint: ['sh', '-c', START],
  health: httpHealth(STATUS_PORT, '/status'),
  limits: { memoryMiB: memoryFor(settings), pids: 64 },
  tmpMiB: tmpFor(settings),
  config: {
    path: CONFIG_DIR,
    owner: USERS.nginx,
    check: ['nginx', '-t', '-q'],
    onChange: { reload: RELOAD_COMMAND },
    files: [{ path: 'nginx.conf', content: renderNginxConf(settings, PORT, upstreams) }, RELOAD],
  },
  disruption: messages.topology.disruption.sockets,
});
