import { Construct } from 'constructs';
import { renderNginxConf } from '../render/nginx-conf.ts';
import { CONTAINER_PORT } from '../versions.ts';
import type { Backend } from './backend.ts';
import type { BridgeNetwork } from './bridge-network.ts';
import { ConfigVolume } from './config-volume.ts';
import type { Frontend } from './frontend.ts';
import { curlHealth } from './health.ts';
import type { Image } from './image.ts';
import { type Deployment, ServiceContainer } from './service-container.ts';

export interface NginxGatewayProps {
  readonly deployment: Deployment;
  readonly image: Image;
  readonly network: BridgeNetwork;
  readonly backend: Backend;
  readonly frontend: Frontend;
  /** Host address nginx is published on. @example '127.0.0.1' */
  readonly bind: string;
  /** @example 8501 */
  readonly port: number;
  /** Requests and WebSockets served at once; more get 503. */
  readonly maxConnections: number;
}

/** `www-data` of Debian: nginx needs no root, as it listens above 1024 and writes to /tmp only. */
export const NGINX_USER = '33:33';
const BASE_MIB = 64;
/** An open WebSocket costs about 20.5 KB in nginx, two buffers and two connections. */
const CONNECTIONS_PER_MIB = 32;

/**
 * nginx writes whole request lines into its error log, and a WebSocket's token is in one: query strings are taken out
 * on the way. nginx stays process 1, which gets Docker's signals; what it refuses to start with is told before that, as
 * its last words might not get through.
 */
const START = [
  'nginx -t -q || exit 1',
  'rm -f /tmp/errors',
  'mkfifo -m 600 /tmp/errors',
  `sed -u 's/?[^" ]*/?.../g' < /tmp/errors >&2 & exec nginx -g 'daemon off;' 2> /tmp/errors`,
].join('; ');

/** The one way in: `/api` to the backend, the rest to the frontend, both through the bridge's gateway. */
export class NginxGateway extends Construct {
  readonly bind: string;
  readonly port: number;

  constructor(scope: Construct, id: string, props: NginxGatewayProps) {
    super(scope, id);
    this.bind = props.bind;
    this.port = props.port;
    const config = new ConfigVolume(this, 'Config', {
      project: props.deployment.project,
      component: 'nginx',
      image: props.image,
      mountPath: '/etc/nginx',
      owner: NGINX_USER,
      check: ['nginx', '-t', '-q'],
      activation: 'reload',
      files: [
        {
          path: 'nginx.conf',
          content: renderNginxConf({
            backend: props.backend.address,
            frontend: props.frontend.address,
            maxConnections: props.maxConnections,
          }),
        },
      ],
    });
    new ServiceContainer(this, 'Service', {
      deployment: props.deployment,
      component: 'nginx',
      image: props.image,
      networkMode: props.network.networkMode,
      port: { internal: CONTAINER_PORT.nginx, external: props.port, addresses: [props.bind] },
      user: NGINX_USER,
      entrypoint: ['sh', '-c', START],
      healthcheck: curlHealth(CONTAINER_PORT.nginxStatus, '/status'),
      memoryMiB: BASE_MIB + Math.ceil(props.maxConnections / CONNECTIONS_PER_MIB),
      pidsLimit: 64,
      tmpMiB: 64,
      config,
    });
  }
}
