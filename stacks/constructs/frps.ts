import { Construct } from 'constructs';
import { FRP_CONFIG_DIR, renderFrpsToml } from '../render/frp-toml.ts';
import { type ConfigFile, ConfigVolume } from './config-volume.ts';
import { FRP_USER } from './frpc.ts';
import type { Image } from './image.ts';
import { type Deployment, ServiceContainer } from './service-container.ts';

export interface FrpsProps {
  readonly deployment: Deployment;
  readonly image: Image;
  /** Port frpc connects to. @example 7000 */
  readonly bindPort: number;
  /** The one port a tunnel may open. @example 60001 */
  readonly remotePort: number;
  readonly secrets: readonly ConfigFile[];
}

/** A stand-in for the public server, on loopback, so that the whole chain runs on one machine. */
export class Frps extends Construct {
  readonly address = '127.0.0.1';
  readonly bindPort: number;

  constructor(scope: Construct, id: string, props: FrpsProps) {
    super(scope, id);
    this.bindPort = props.bindPort;
    const configFile = `${FRP_CONFIG_DIR}/frps.toml`;
    const config = new ConfigVolume(this, 'Config', {
      project: props.deployment.project,
      component: 'frps',
      image: props.image,
      mountPath: FRP_CONFIG_DIR,
      owner: FRP_USER,
      check: ['frps', 'verify', '-c', configFile],
      activation: 'restart',
      files: [
        {
          path: 'frps.toml',
          content: renderFrpsToml({ bindPort: props.bindPort, remotePort: props.remotePort }),
        },
        ...props.secrets,
      ],
    });
    new ServiceContainer(this, 'Service', {
      deployment: props.deployment,
      component: 'frps',
      image: props.image,
      networkMode: 'host',
      user: FRP_USER,
      entrypoint: ['frps', '-c', configFile],
      healthcheck: ['CMD', 'bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${props.bindPort}`],
      memoryMiB: 128,
      pidsLimit: 64,
      config,
    });
  }
}
