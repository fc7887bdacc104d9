import { Construct } from 'constructs';
import { CONTAINER_PORT } from '../versions.ts';
import type { BridgeNetwork } from './bridge-network.ts';
import { anyHealth, curlHealth } from './health.ts';
import type { Image } from './image.ts';
import { NGINX_USER } from './nginx-gateway.ts';
import { type Deployment, ServiceContainer } from './service-container.ts';

export interface FrontendProps {
  readonly deployment: Deployment;
  readonly image: Image;
  /** Whether the image is the user's, not the reference application. */
  readonly ownImage: boolean;
  readonly network: BridgeNetwork;
  /** @example 3000 */
  readonly port: number;
}

/** The frontend, published on loopback and on the bridge's gateway, where nginx reaches it. */
export class Frontend extends Construct {
  /** Where nginx reaches it. @example '172.17.0.1:3000' */
  readonly address: string;

  constructor(scope: Construct, id: string, props: FrontendProps) {
    super(scope, id);
    this.address = `${props.network.gateway}:${props.port}`;
    new ServiceContainer(this, 'Service', {
      deployment: props.deployment,
      component: 'frontend',
      image: props.image,
      networkMode: props.network.networkMode,
      port: {
        internal: CONTAINER_PORT.frontend,
        external: props.port,
        addresses: ['127.0.0.1', props.network.gateway],
      },
      ...(!props.ownImage && { user: NGINX_USER }),
      environment: { HOST: '0.0.0.0', PORT: String(CONTAINER_PORT.frontend) },
      healthcheck: props.ownImage
        ? anyHealth(CONTAINER_PORT.frontend, '/')
        : curlHealth(CONTAINER_PORT.frontend, '/healthz'),
      memoryMiB: props.ownImage ? 512 : 64,
      pidsLimit: props.ownImage ? 256 : 64,
      readOnlyRoot: !props.ownImage,
    });
  }
}
