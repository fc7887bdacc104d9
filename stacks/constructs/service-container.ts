import { Container } from '@cdktf/provider-docker/lib/container/index.js';
import { DataResource, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { HostFacts } from '../host.ts';
import type { ConfigVolume } from './config-volume.ts';
import type { Image } from './image.ts';
import { projectLabels } from './labels.ts';
import type { ProjectVolume } from './project-volume.ts';

/** A port of a container, published on one or more of the host's addresses. */
export interface PublishedPort {
  readonly internal: number;
  readonly external: number;
  /** Host addresses; each binding is one socket. */
  readonly addresses: readonly string[];
}

/** What the deployment has in common for all its containers. */
export interface Deployment {
  readonly project: string;
  readonly host: HostFacts;
  /** Size of one log file. @example '10m' */
  readonly logMaxSize: string;
}

export interface ServiceContainerProps {
  readonly deployment: Deployment;
  /** @example 'nginx', which names the container `<project>-nginx` */
  readonly component: string;
  readonly image: Image;
  /** @example 'bridge' */
  readonly networkMode: string;
  /** @default - none published */
  readonly port?: PublishedPort;
  /** Numeric user and group. @default - the image's own user */
  readonly user?: string;
  /** @default - the image's own entrypoint */
  readonly entrypoint?: readonly string[];
  /** @default - the image's own command */
  readonly command?: readonly string[];
  /** Names and values that are no secrets: they are in plan, state and `docker inspect`. @default {} */
  readonly environment?: Readonly<Record<string, string>>;
  /** In the engine's full spelling. @example ['CAP_NET_ADMIN'] @default [] */
  readonly capabilities?: readonly string[];
  /** Docker's health check test. @example ['CMD', 'nginx', '-t'] */
  readonly healthcheck: readonly string[];
  readonly memoryMiB: number;
  readonly pidsLimit: number;
  /** @default true; images of the user's own may write to their root */
  readonly readOnlyRoot?: boolean;
  /** Whether a small init forwards signals, for programs that do not handle them as process 1. @default false */
  readonly init?: boolean;
  /** Size of /tmp, in memory. @default 16 */
  readonly tmpMiB?: number;
  /** @default - no configuration files */
  readonly config?: ConfigVolume;
  /** Named volumes by their mount path. @default {} */
  readonly volumes?: Readonly<Record<string, ProjectVolume>>;
  /** Host folders and files by their mount path, read-only. @default {} */
  readonly binds?: Readonly<Record<string, string>>;
}

/** The Engine API from which a health check can be frequent while starting and rare afterwards. */
const START_INTERVAL_API = 1.44;
const LOG_FILES = 3;
const STOP_SEC = 10;

/** Docker writes durations as Go does, and compares them as text. */
function healthTiming(host: HostFacts) {
  const timing = { timeout: '5s', startPeriod: '30s', retries: 3 };
  return Number(host.engineApi) >= START_INTERVAL_API
    ? { ...timing, interval: '10s', startInterval: '1s' }
    : { ...timing, interval: '2s' };
}

/**
 * A container as all of this deployment's are: a health check that `apply` waits for, a restart policy, bounded logs,
 * no capabilities beyond those named, no new privileges, limits on memory and processes.
 */
export class ServiceContainer extends Construct {
  readonly container: Container;
  /** Name of the container. @example 'btc-watcher-nginx' */
  readonly containerName: string;

  constructor(scope: Construct, id: string, props: ServiceContainerProps) {
    super(scope, id);
    const { deployment, port, config } = props;
    this.containerName = `${deployment.project}-${props.component}`;
    const dependsOn: ITerraformDependable[] = config ? [config.files] : [];

    const bindings = (port?.addresses ?? []).map((ip) => ({
      ip,
      internal: port?.internal ?? 0,
      external: port?.external ?? 0,
    }));
    const healthcheck = { test: [...props.healthcheck], ...healthTiming(deployment.host) };
    // What the provider does not compare or apply well is watched here, and replaces the container: two bindings of one
    // port are read back in random order, and a changed health check is updated in name only
    // (https://github.com/kreuzwerker/terraform-provider-docker/issues/988).
    const watched = new DataResource(this, 'Watched', {
      input: {
        published: bindings.map(({ ip, external, internal }) => `${ip}:${external}:${internal}`).join(', '),
        healthcheck: JSON.stringify(healthcheck),
      },
    });

    this.container = new Container(this, 'Container', {
      name: this.containerName,
      image: props.image.imageId,
      networkMode: props.networkMode,
      restart: 'unless-stopped',
      ...(props.user && { user: props.user }),
      ...(props.entrypoint && { entrypoint: [...props.entrypoint] }),
      ...(props.command && { command: [...props.command] }),
      env: Object.entries(props.environment ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(bindings.length > 0 && { ports: bindings }),
      healthcheck,
      wait: true,
      waitTimeout: 60,
      mustRun: true,
      destroyGraceSeconds: STOP_SEC,
      readOnly: props.readOnlyRoot ?? true,
      tmpfs: { '/tmp': `rw,nosuid,nodev,noexec,size=${props.tmpMiB ?? 16}m` },
      capabilities: { drop: ['ALL'], ...(props.capabilities && { add: [...props.capabilities] }) },
      securityOpts: ['no-new-privileges'],
      ...(props.init && { init: true }),
      memory: props.memoryMiB,
      // The same as memory: no swap, so that the limit is the limit.
      memorySwap: props.memoryMiB,
      logDriver: 'json-file',
      logOpts: { 'max-size': deployment.logMaxSize, 'max-file': String(LOG_FILES) },
      labels: projectLabels(deployment.project, props.component),
      volumes: [
        ...(config
          ? [{ volumeName: config.volume.reference, containerPath: config.mountPath, readOnly: true }]
          : []),
        ...Object.entries(props.volumes ?? {}).map(([containerPath, volume]) => ({
          containerPath,
          volumeName: volume.reference,
        })),
        ...Object.entries(props.binds ?? {}).map(([containerPath, hostPath]) => ({
          containerPath,
          hostPath,
          readOnly: true,
        })),
      ],
      ...(dependsOn.length > 0 && { dependsOn }),
      lifecycle: {
        ...(bindings.length > 0 && { ignoreChanges: ['ports'] }),
        replaceTriggeredBy: [`terraform_data.${watched.friendlyUniqueId}`],
      },
    });

    // The provider has no setting for it; the engine keeps it with the container.
    new DataResource(this, 'PidsLimit', {
      triggersReplace: [this.container.id, props.pidsLimit],
      provisioners: [
        {
          type: 'local-exec',
          command: `docker update --pids-limit ${props.pidsLimit} ${this.container.id}`,
        },
      ],
    });
  }
}
