import { Construct } from 'constructs';
import { FRP_CA_FILE, FRP_CONFIG_DIR, renderFrpcToml } from '../render/frp-toml.ts';
import { type ConfigFile, ConfigVolume } from './config-volume.ts';
import type { Image } from './image.ts';
import type { NginxGateway } from './nginx-gateway.ts';
import { ProjectVolume } from './project-volume.ts';
import { type Deployment, ServiceContainer } from './service-container.ts';

export interface FrpcProps {
  readonly deployment: Deployment;
  readonly image: Image;
  readonly gateway: NginxGateway;
  /** The frp server. @example '47.108.221.231' */
  readonly serverAddr: string;
  /** @example 7000 */
  readonly serverPort: number;
  /** @example 'freq-service' */
  readonly proxyName: string;
  /** Public port on the server. @example 60001 */
  readonly remotePort: number;
  /** The token, and the server's CA where one is to be checked. */
  readonly secrets: readonly ConfigFile[];
  /**
   * Days with lines of which the log file is kept. Takes the image built here, which has logrun.
   * @default - no log file: the output goes to Docker alone
   */
  readonly logKeepDays?: number;
}

const LOG_DIR = '/var/log/frp';

/** Needs no name: nothing else on the host runs as it. */
export const FRP_USER = '10002:10002';

/** The tunnel's client. On the host's network, so that `localIP = "127.0.0.1"` is the gateway. */
export class Frpc extends Construct {
  constructor(scope: Construct, id: string, props: FrpcProps) {
    super(scope, id);
    const { gateway } = props;
    const configFile = `${FRP_CONFIG_DIR}/frpc.toml`;
    const config = new ConfigVolume(this, 'Config', {
      project: props.deployment.project,
      component: 'frpc',
      image: props.image,
      mountPath: FRP_CONFIG_DIR,
      owner: FRP_USER,
      check: ['frpc', 'verify', '-c', configFile],
      activation: 'restart',
      files: [
        {
          path: 'frpc.toml',
          content: renderFrpcToml({
            serverAddr: props.serverAddr,
            serverPort: props.serverPort,
            checkServer: props.secrets.some((file) => file.path === FRP_CA_FILE),
            proxyName: props.proxyName,
            localIP: gateway.bind === '0.0.0.0' ? '127.0.0.1' : gateway.bind,
            localPort: gateway.port,
            remotePort: props.remotePort,
          }),
        },
        ...props.secrets,
      ],
    });
    const program = ['frpc', '-c', configFile];
    const log = props.logKeepDays
      ? new ProjectVolume(this, 'Log', {
          project: props.deployment.project,
          component: 'frpc',
          purpose: 'log',
        })
      : undefined;
    const logrun = [
      'logrun',
      '-file',
      `${LOG_DIR}/frpc.log`,
      '-max-size',
      props.deployment.logMaxSize,
      '-keep-days',
      String(props.logKeepDays),
      '--',
    ];
    new ServiceContainer(this, 'Service', {
      deployment: props.deployment,
      component: 'frpc',
      image: props.image,
      networkMode: 'host',
      user: FRP_USER,
      ...(props.deployment.host.timeZone && { environment: { TZ: props.deployment.host.timeZone } }),
      // How it keeps the log: docs/decisions/0003-frpc-log-rotation.md.
      entrypoint: log ? [...logrun, ...program] : program,
      // The process is watched by Docker, as logrun ends when frpc does; this tells whether it could start again with
      // the files it has. The tunnel's own state is no part of it: a server that is away must not fail the deployment.
      healthcheck: ['CMD', 'frpc', 'verify', '-c', configFile],
      memoryMiB: 128,
      pidsLimit: 64,
      config,
      ...(log && { volumes: { [LOG_DIR]: log } }),
    });
  }
}
