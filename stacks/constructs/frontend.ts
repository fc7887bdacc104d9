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
  /** The reference application's built files, Vite with its sources, or an image of the user's own. */
  readonly mode: 'static' | 'dev' | 'own';
  /** This package's folder, whose frontend sources and packages dev mode mounts. */
  readonly root: string;
  readonly network: BridgeNetwork;
  /** @example 3000 */
  readonly port: number;
}

const { frontend: PORT } = CONTAINER_PORT;
const DEV_USER = '10003:10003';

/** What differs between the three ways to serve the frontend. */
function modeProps({ mode, root }: FrontendProps) {
  switch (mode) {
    case 'static':
      return { user: NGINX_USER, healthcheck: curlHealth(PORT, '/healthz'), memoryMiB: 64, pidsLimit: 64 };
    case 'dev':
      return {
        user: DEV_USER,
        healthcheck: curlHealth(PORT, '/'),
        memoryMiB: 1536,
        pidsLimit: 256,
        // Vite keeps the packages it has bundled there.
        tmpMiB: 256,
        binds: {
          '/app/node_modules': `${root}/node_modules`,
          '/app/assets/frontend': `${root}/assets/frontend`,
        },
      };
    case 'own':
      return {
        healthcheck: anyHealth(PORT, '/'),
        memoryMiB: 512,
        pidsLimit: 256,
        readOnlyRoot: false,
        init: true,
      };
  }
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
      port: { internal: PORT, external: props.port, addresses: ['127.0.0.1', props.network.gateway] },
      environment: { HOST: '0.0.0.0', PORT: String(PORT) },
      ...modeProps(props),
    });
  }
}
