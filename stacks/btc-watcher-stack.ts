import { DockerProvider } from '@cdktf/provider-docker/lib/provider/index.js';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { Backend } from './constructs/backend.ts';
import { BridgeNetwork } from './constructs/bridge-network.ts';
import type { ConfigFile } from './constructs/config-volume.ts';
import { Frontend } from './constructs/frontend.ts';
import { Frpc } from './constructs/frpc.ts';
import { Frps } from './constructs/frps.ts';
import { Guard } from './constructs/guard.ts';
import { Image } from './constructs/image.ts';
import { NginxGateway } from './constructs/nginx-gateway.ts';
import type { Deployment } from './constructs/service-container.ts';
import type { HostFacts } from './host.ts';
import type { ImageKey, PlannedImages } from './images.ts';
import { FRP_CA_FILE, FRP_TOKEN_FILE } from './render/frp-toml.ts';
import { fingerprint, type SecretFiles } from './secrets.ts';
import type { Settings } from './settings.ts';
import { CONTAINER_PORT, PROVIDER_SOURCE, PROVIDER_VERSION } from './versions.ts';

export interface BtcWatcherStackProps {
  readonly settings: Settings;
  readonly host: HostFacts;
  readonly images: PlannedImages;
  readonly secrets: SecretFiles;
}

/** The whole fixed topology. The stack is named after the project, and so are its state file and output folder. */
export class BtcWatcherStack extends TerraformStack {
  constructor(scope: Construct, props: BtcWatcherStackProps) {
    const { settings, host, images, secrets } = props;
    super(scope, settings.BTCW_PROJECT);
    new DockerProvider(this, 'Docker');
    // The bindings carry an older provider's number; with 3.x a mere refresh deletes a stopped container
    // (https://github.com/kreuzwerker/terraform-provider-docker/issues/590). The source is spelt out because
    // OpenTofu would look in its own registry.
    this.addOverride('terraform.required_providers.docker', {
      source: PROVIDER_SOURCE,
      version: PROVIDER_VERSION,
    });

    const deployment: Deployment = {
      project: settings.BTCW_PROJECT,
      host,
      logMaxSize: settings.BTCW_LOG_MAX_SIZE,
    };
    const image = (id: string, key: ImageKey) => new Image(this, id, { image: images[key] });
    const secret = (path: string, file: string): ConfigFile => ({
      path,
      secretFile: file,
      fingerprint: fingerprint(file, secrets.fingerprintKey),
    });

    const network = new BridgeNetwork(this, 'Bridge', {
      project: settings.BTCW_PROJECT,
      gateway: settings.BTCW_GATEWAY,
      host,
    });
    const backend = new Backend(this, 'Backend', {
      deployment,
      image: image('BackendImage', 'backend'),
      ownImage: Boolean(settings.BTCW_BACKEND_IMAGE ?? settings.BTCW_BACKEND_CONTEXT),
      network,
      port: settings.BTCW_BACKEND_PORT,
      healthPath: settings.BTCW_BACKEND_HEALTH_PATH,
      adminUser: settings.BTCW_ADMIN_USER,
      secrets: [secret('admin_password', secrets.adminPassword), secret('jwt_secret', secrets.jwtSecret)],
      ...(settings.BTCW_BACKEND_ENV_FILE && { envFile: secret('start', settings.BTCW_BACKEND_ENV_FILE) }),
      ...(settings.BTCW_PRICE_FEED_URL && { priceFeedUrl: settings.BTCW_PRICE_FEED_URL }),
    });
    const frontend = new Frontend(this, 'Frontend', {
      deployment,
      image: image('FrontendImage', 'frontend'),
      mode:
        settings.BTCW_FRONTEND_IMAGE || settings.BTCW_FRONTEND_CONTEXT ? 'own' : settings.BTCW_FRONTEND_MODE,
      root: process.cwd(),
      network,
      port: settings.BTCW_FRONTEND_PORT,
    });
    const gateway = new NginxGateway(this, 'Gateway', {
      deployment,
      image: image('NginxImage', 'nginx'),
      network,
      backend,
      frontend,
      bind: settings.BTCW_NGINX_BIND,
      port: settings.BTCW_NGINX_PORT,
      maxConnections: settings.BTCW_MAX_CONNECTIONS,
    });

    if (settings.BTCW_GUARD === 'on') {
      new Guard(this, 'Guard', {
        deployment,
        image: image('GuardImage', 'guard'),
        network,
        ports: [
          ...[settings.BTCW_NGINX_PORT, settings.BTCW_BACKEND_PORT, settings.BTCW_FRONTEND_PORT],
          ...[CONTAINER_PORT.nginx, CONTAINER_PORT.backend, CONTAINER_PORT.frontend],
        ],
      });
    }

    const token = secret(FRP_TOKEN_FILE, secrets.frpToken);
    const embedded = settings.BTCW_FRP_SERVER_ADDR
      ? undefined
      : new Frps(this, 'Frps', {
          deployment,
          image: image('FrpsImage', 'frps'),
          bindPort: settings.BTCW_FRP_SERVER_PORT,
          remotePort: settings.BTCW_FRP_REMOTE_PORT,
          secrets: [token],
        });
    new Frpc(this, 'Frpc', {
      deployment,
      image: image('FrpcImage', 'frpc'),
      gateway,
      serverAddr: settings.BTCW_FRP_SERVER_ADDR ?? embedded?.address ?? '',
      serverPort: settings.BTCW_FRP_SERVER_PORT,
      proxyName: settings.BTCW_FRP_PROXY_NAME,
      remotePort: settings.BTCW_FRP_REMOTE_PORT,
      secrets: [
        token,
        ...(settings.BTCW_FRP_TLS_CA_FILE ? [secret(FRP_CA_FILE, settings.BTCW_FRP_TLS_CA_FILE)] : []),
      ],
      ...(!settings.BTCW_FRPC_IMAGE && { logKeepDays: settings.BTCW_LOG_KEEP_DAYS }),
    });
  }
}
