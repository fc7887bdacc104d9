import type { Settings } from '../settings/definitions.ts';
import {
  bodiesFor,
  connectionsFor,
  HEADER_BUFFERS,
  slotsFor,
  uploadsFor,
} from '../topology/nginx-capacity.ts';
import type { Upstream } from '../topology/upstream.ts';

/** Serves the health check and the connection count, inside the container only. */
export const STATUS_PORT = 8502;

/** The settings that nginx.conf is made from. */
type NginxSettings = Pick<
  Settings,
  | 'BTCW_MAX_BODY'
  | 'BTCW_MAX_CONNECTIONS'
  | 'BTCW_MAX_CLIENT_CONNECTIONS'
  | 'BTCW_MAX_CLIENT_LOGINS'
  | 'BTCW_TRUSTED_FRONTS'
> &
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

/** What else it depends on. */
export interface NginxConfProps {
  /** Inside the container. */
  readonly port: number;
  /** Inside the container, for the tunnel's client alone, which tells whose each connection is. @default - none */
  readonly tunnelPort?: number;
  /** The host's address on the bridge: what comes from this host's own programs, comes from there. */
  readonly gateway: string;
  readonly upstreams: readonly Upstream[];
  /** Path of the application's login. @default - it is not known, and logins are not limited */
  readonly loginPath?: string;
}

/** What applications believe of where a request came from, and what therefore no client may tell them. */
const CLEARED_HEADERS = [
  'Forwarded',
  ...['Host', 'Port', 'Prefix', 'Server'].map((name) => `X-Forwarded-${name}`),
];

const renderUpstream = ({ service, address }: Upstream): string => `    upstream ${service} {
        server ${address};
    }`;

/** Exactly the path, and what is below it: `/api` does not take `/apifoo`. */
const renderRoute = (path: string, service: string): string =>
  (path === '/' ? ['/'] : [`= ${path}`, `${path}/`])
    .map((location) => `        location ${location} {\n            proxy_pass http://${service};\n        }`)
    .join('\n\n');

const renderFronts = (addresses: readonly string[]): string =>
  [
    '    geo $is_front {',
    '        default 0;',
    ...addresses.map((address) => `        ${address} 1;`),
    '    }',
  ].join('\n');

/** Each request for the login counts for its client; all others for nobody. */
const renderLogin = (path: string): string => `    map $uri $login_client {
        default '';
        "${path.replace(/\?.*/, '').replaceAll(/["\\]/g, '\\$&')}" $client;
    }
`;

/** The address that frpc tells is believed where this host's own programs come from, and no container's. */
const renderTunnel = (port: number, gateway: string): string => `        listen ${port} proxy_protocol;
        set_real_ip_from ${gateway};
        real_ip_header proxy_protocol;
`;

/**
 * Renders nginx.conf. Runs unprivileged on a read-only root: everything nginx writes is under /tmp.
 *
 * `$uri` is logged instead of `$request`, since a WebSocket's token travels in the query string.
 * There is one worker, so that the limit of connections is one number.
 */
export function renderNginxConf(settings: NginxSettings, props: NginxConfProps): string {
  const { BTCW_MAX_CONNECTIONS: maxConnections, BTCW_MAX_BODY: maxBody } = settings;
  const { port, tunnelPort, gateway, upstreams, loginPath } = props;
  const ports = tunnelPort ? 2 : 1;
  const slots = slotsFor(settings, ports);
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
    # A login's path may be long
    map_hash_bucket_size 512;

    # WebSocket, and nothing else that a client may ask to upgrade to: with h2c it would get past this proxy
    map $http_upgrade $connection_upgrade {
        default   close;
        websocket upgrade;
    }
    map $http_upgrade $websocket_upgrade {
        default   '';
        websocket websocket;
    }

    # HTTP/1.0 may leave it out
    map $http_host $request_host {
        default $http_host;
        ''      $host;
    }

    # Proxies in front of this one, which say who the visitor is, and whether by HTTPS
${renderFronts(settings.BTCW_TRUSTED_FRONTS)}
    # The last address is the one that the proxy has put there itself
    map "$is_front $http_x_forwarded_for" $visitor {
        default $remote_addr;
        "~^1 (.*,)? *(?<last_forwarded>[0-9A-Fa-f.:]+)$" $last_forwarded;
    }
    map "$is_front $http_x_forwarded_proto" $visitor_scheme {
        default $scheme;
        "1 https" https;
    }

    # Whose limit a request counts for: nobody's where a program of this host or of the frp server, such as an HTTPS
    # proxy in front of it, may ask for many
    map $visitor $client {
        default $visitor;
        127.0.0.1 '';
        ${gateway} '';
    }
${loginPath ? renderLogin(loginPath) : ''}
    # Up to the token, which some applications have in the path.
    map $uri $logged_path {
        default $uri;
        "~^(?<before_token>.*?)eyJ[\\w-]+\\.[\\w-]+\\." "$before_token***";
    }
    log_format btcw '$visitor - [$time_local] "$request_method $logged_path $server_protocol" $status '
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
    include /tmp/zones*.conf;
    map "$content_length$http_transfer_encoding" $body {
        default $server_port;
        ""      '';
        "0"     '';
    }
    # Bodies that do not fit into client_body_buffer_size are in /tmp, which has room for so many
    map "$content_length $http_transfer_encoding" $upload {
        default       $server_port;
        "~^\\d{0,4} $" '';
    }
    limit_conn_status 503;
    limit_conn_log_level warn;
${
  loginPath
    ? `    limit_req_zone $login_client zone=login:1m rate=${settings.BTCW_MAX_CLIENT_LOGINS}r/m;
    limit_req_status 429;
`
    : ''
}
${servers.join('\n\n')}

    server {
        listen ${port};
${tunnelPort ? renderTunnel(tunnelPort, gateway) : ''}        server_name localhost;
        limit_conn gateway ${maxConnections};
        limit_conn all ${connectionsFor(settings, ports)};
        limit_conn bodies ${bodiesFor(settings)};
        limit_conn uploads ${uploadsFor(settings, ports)};
        limit_conn client ${settings.BTCW_MAX_CLIENT_CONNECTIONS};
${
  loginPath
    ? `        limit_req zone=login burst=${settings.BTCW_MAX_CLIENT_LOGINS} nodelay;
`
    : ''
}
        proxy_http_version 1.1;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header Upgrade $websocket_upgrade;
        proxy_set_header Host $request_host;
        proxy_set_header X-Real-IP $visitor;
        # Set, and not added to what the client says
        proxy_set_header X-Forwarded-For $visitor;
        proxy_set_header X-Forwarded-Proto $visitor_scheme;
${CLEARED_HEADERS.map((name) => `        proxy_set_header ${name} '';`).join('\n')}

        proxy_connect_timeout 60s;
        proxy_send_timeout 3600s;
        proxy_read_timeout 3600s;
        # Real-time: hand each message on at once
        proxy_buffering off;
        # For an answer's header, however it is buffered
        proxy_buffer_size ${HEADER_BUFFERS.kib}k;
        proxy_buffers 8 ${HEADER_BUFFERS.kib}k;

        # The application's answer as it is
        proxy_pass_header Date;
        proxy_pass_header Server;
        proxy_redirect off;
        proxy_ignore_headers X-Accel-Redirect X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;

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
