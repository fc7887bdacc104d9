import { CONTAINER_PORT } from '../versions.ts';

/** What the gateway's configuration depends on. */
export interface NginxConfProps {
  /** Address of backend and frontend, as `host:port`. @example '172.17.0.1:8000' */
  readonly backend: string;
  /** @example '172.17.0.1:3000' */
  readonly frontend: string;
  /** Requests and WebSockets served at once; the next one gets 503. */
  readonly maxConnections: number;
}

/** What every proxied location has; the seed document gives each line. */
const UPGRADE = `proxy_http_version 1.1;

            # WebSocket: upgrade exactly the requests that ask for it
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;`;

const TIMEOUTS = `proxy_connect_timeout 60s;
            proxy_send_timeout 3600s;
            proxy_read_timeout 3600s;

            # Real-time: hand each message on at once
            proxy_buffering off;`;

/**
 * Renders nginx.conf. Runs unprivileged on a read-only root: everything nginx writes is under /tmp.
 *
 * `$uri` is logged instead of `$request`, since a WebSocket's token travels in the query string.
 * Each proxied connection takes two of a worker's slots, one to the client and one upstream; there is one worker so
 * that the limit is one number.
 */
export function renderNginxConf(props: NginxConfProps): string {
  const slots = 2 * props.maxConnections + 64;
  return `worker_processes 1;
worker_rlimit_nofile ${slots + 256};
# A reload leaves old workers to their open WebSockets; no token lives longer than this
worker_shutdown_timeout 24h;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;

events {
    worker_connections ${slots};
}

http {
    # WebSocket support: the Connection header follows the request
    map $http_upgrade $connection_upgrade {
        default upgrade;
        ''      close;
    }

    log_format btcw '$remote_addr - [$time_local] "$request_method $uri $server_protocol" $status '
                    '$body_bytes_sent $request_time';
    access_log /dev/stdout btcw;

    default_type application/octet-stream;
    server_tokens off;
    client_header_timeout 15s;
    client_body_timeout 60s;
    keepalive_timeout 30s;
    client_max_body_size 10m;
    client_body_temp_path /tmp/client_body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;

    # Past this, 503: docker-proxy exits when it runs out of descriptors, and the port would be dead for everyone
    limit_conn_zone $server_port zone=gateway:64k;
    limit_conn_status 503;
    limit_conn_log_level warn;

    upstream frontend {
        server ${props.frontend};
    }

    upstream backend {
        server ${props.backend};
    }

    server {
        listen ${CONTAINER_PORT.nginx};
        limit_conn gateway ${props.maxConnections};

        location /api {
            proxy_pass http://backend;
            ${UPGRADE}

            ${TIMEOUTS}
        }

        location / {
            proxy_pass http://frontend;
            ${UPGRADE}

            ${TIMEOUTS}
        }
    }

    # For the health check and the connection count; reachable inside the container only
    server {
        listen 127.0.0.1:${CONTAINER_PORT.nginxStatus};
        access_log off;

        location = /status {
            stub_status;
        }
    }
}
`;
}
