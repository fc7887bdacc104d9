import type { Settings } from '../settings/definitions.ts';
import { bodiesFor, HEADER_BUFFERS, slotsFor, uploadsFor } from '../topology/nginx-capacity.ts';
import type { Upstream } from '../topology/upstream.ts';

/** Serves the health check and the connection count, inside the container only. */
export const STATUS_PORT = 8502;

/** The settings that nginx.conf is made from. */
type NginxSettings = Pick<Settings, 'BTCW_MAX_BODY' | 'BTCW_MAX_CONNECTIONS'> &
  Partial<Pick<Settings, 'BTCW_NGINX_IMAGE'>>;

/** Debian's module for Lua, and what it runs: docs/decisions/0015-request-bodies.md. */
const BODY_DEADLINE = {
  modules: ['ndk_http_module', 'ngx_http_lua_module']
    .map((name) => `load_module modules/${name}.so;\n`)
    .join(''),
  access: `
    # A deadline for the whole body; client_body_timeout is one between two reads
    access_by_lua_file /usr/local/share/nginx/body-deadline.lua;`,
};
/** An image of the user's own has no such module. */
const NO_BODY_DEADLINE = { modules: '', access: '' };

const renderUpstream = ({ service, address }: Upstream): string => `    upstream ${service} {
        server ${address};
    }`;

/** Exactly the path, and what is below it: `/api` does not take `/apifoo`. */
const renderRoute = (path: string, service: string): string =>
  (path === '/' ? ['/'] : [`= ${path}`, `${path}/`])
    .map((location) => `        location ${location} {\n            proxy_pass http://${service};\n        }`)
    .join('\n\n');

/**
 * Renders nginx.conf. Runs unprivileged on a read-only root: everything nginx writes is under /tmp.
 *
 * `$uri` is logged instead of `$request`, since a WebSocket's token travels in the query string.
 * There is one worker, so that the limit of connections is one number.
 */
export function renderNginxConf(
  settings: NginxSettings,
  port: number,
  upstreams: readonly Upstream[],
): string {
  const { BTCW_MAX_CONNECTIONS: maxConnections, BTCW_MAX_BODY: maxBody } = settings;
  const slots = slotsFor(settings);
  const bodyDeadline = settings.BTCW_NGINX_IMAGE ? NO_BODY_DEADLINE : BODY_DEADLINE;
  const servers = upstreams.map(renderUpstream);
  const routes = upstreams.flatMap(({ service, paths }) => paths.map((path) => renderRoute(path, service)));
  return `${bodyDeadline.modules}worker_processes 1;
worker_rlimit_nofile ${slots + 256};
# A reload leaves old workers to their open WebSockets; no token lives longer than this
worker_shutdown_timeout 24h;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;

events {
    worker_connections ${slots};
}

http {
    # WebSocket, and nothing else that a client may ask to upgrade to: with h2c it would get past this proxy
    map $http_upgrade $connection_upgrade {
        default   close;
        websocket upgrade;
    }
    map $http_upgrade $websocket_upgrade {
        default   '';
        websocket websocket;
    }

    log_format btcw '$remote_addr - [$time_local] "$request_method $uri $server_protocol" $status '
                    '$body_bytes_sent $request_time';
    access_log /dev/stdout btcw;

    default_type application/octet-stream;
    server_tokens off;
    client_header_timeout 15s;
    client_body_timeout 10s;${bodyDeadline.access}
    keepalive_timeout 30s;
    keepalive_requests 100;
    lingering_time 10s;
    large_client_header_buffers ${HEADER_BUFFERS.number} ${HEADER_BUFFERS.kib}k;
    client_max_body_size ${maxBody};
    client_body_buffer_size 16k;
    client_body_temp_path /tmp/client_body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;

    # Past this, 503: docker-proxy exits when it runs out of descriptors, and the port would be dead for everyone
    limit_conn_zone $server_port zone=gateway:64k;
    map "$content_length$http_transfer_encoding" $body {
        default $server_port;
        ""      '';
        "0"     '';
    }
    limit_conn_zone $body zone=bodies:64k;
    # Bodies that do not fit into client_body_buffer_size are in /tmp, which has room for so many
    map "$content_length $http_transfer_encoding" $upload {
        default       $server_port;
        "~^\\d{0,4} $" '';
    }
    limit_conn_zone $upload zone=uploads:64k;
    limit_conn_status 503;
    limit_conn_log_level warn;

${servers.join('\n\n')}

    server {
        listen ${port};
        limit_conn gateway ${maxConnections};
        limit_conn bodies ${bodiesFor(settings)};
        limit_conn uploads ${uploadsFor(settings)};

        proxy_http_version 1.1;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header Upgrade $websocket_upgrade;
        proxy_set_header Host $http_host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;

        proxy_connect_timeout 60s;
        proxy_send_timeout 3600s;
        proxy_read_timeout 3600s;
        # Real-time: hand each message on at once
        proxy_buffering off;

${routes.join('\n\n')}
    }

    # For the health check and the connection count; reachable inside the container only
    server {
        listen 127.0.0.1:${STATUS_PORT};
        access_log off;

        location = /status {
            stub_status;
        }
    }
}
`;
}
