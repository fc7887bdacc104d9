import { Construct } from 'constructs';
import { CONTAINER_PORT } from '../versions.ts';
import type { BridgeNetwork } from './bridge-network.ts';
import { type ConfigFile, ConfigVolume } from './config-volume.ts';
import { anyHealth, curlHealth } from './health.ts';
import type { Image } from './image.ts';
import { ProjectVolume } from './project-volume.ts';
import { type Deployment, ServiceContainer } from './service-container.ts';

export interface BackendProps {
  readonly deployment: Deployment;
  readonly image: Image;
  /** Whether the image is the user's, not the reference application. */
  readonly ownImage: boolean;
  readonly network: BridgeNetwork;
  /** @example 8000 */
  readonly port: number;
  /** @example '/health' */
  readonly healthPath: string;
  readonly adminUser: string;
  /** Files it finds under /run/secrets: `admin_password` and `jwt_secret`. */
  readonly secrets: readonly ConfigFile[];
  /** KEY=value lines for the application's environment. @default - none */
  readonly envFile?: ConfigFile;
  /** WebSocket of an exchange. @default - simulated prices */
  readonly priceFeedUrl?: string;
}

const USER = '10001:10001';
const SECRETS_DIR = '/run/secrets';

/** The backend, published on loopback and on the bridge's gateway, where nginx reaches it. */
export class Backend extends Construct {
  /** Where nginx reaches it. @example '172.17.0.1:8000' */
  readonly address: string;

  constructor(scope: Construct, id: string, props: BackendProps) {
    super(scope, id);
    const { project } = props.deployment;
    this.address = `${props.network.gateway}:${props.port}`;
    const config = new ConfigVolume(this, 'Config', {
      project,
      component: 'backend',
      image: props.image,
      mountPath: SECRETS_DIR,
      owner: USER,
      // An image of the user's own runs as a user we do not know; no other container has the volume.
      secretMode: props.ownImage ? '0444' : '0400',
      activation: 'restart',
      files: [...props.secrets, ...(props.envFile ? [props.envFile] : [])],
      ...(props.envFile && { environmentFile: props.envFile.path }),
    });
    const data = new ProjectVolume(this, 'Data', { project, component: 'backend', purpose: 'data' });
    new ServiceContainer(this, 'Service', {
      deployment: props.deployment,
      component: 'backend',
      image: props.image,
      networkMode: props.network.networkMode,
      port: {
        internal: CONTAINER_PORT.backend,
        external: props.port,
        addresses: ['127.0.0.1', props.network.gateway],
      },
      ...(!props.ownImage && { user: USER }),
      ...(props.envFile && { entrypoint: ['/bin/sh', `${SECRETS_DIR}/${props.envFile.path}`] }),
      environment: {
        HOST: '0.0.0.0',
        PORT: String(CONTAINER_PORT.backend),
        ADMIN_USER: props.adminUser,
        ADMIN_PASSWORD_FILE: `${SECRETS_DIR}/admin_password`,
        JWT_SECRET_FILE: `${SECRETS_DIR}/jwt_secret`,
        DATA_DIR: '/data',
        ...(props.priceFeedUrl && { PRICE_FEED_URL: props.priceFeedUrl }),
      },
      healthcheck: (props.ownImage ? anyHealth : curlHealth)(CONTAINER_PORT.backend, props.healthPath),
      memoryMiB: 512,
      pidsLimit: 256,
      readOnlyRoot: !props.ownImage,
      init: props.ownImage,
      config,
      volumes: { '/data': data },
    });
  }
}
