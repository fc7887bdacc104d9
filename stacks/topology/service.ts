/** A service: everything that is known of one container. Plain data, in the words of Docker. */
import type { SettingName } from '../settings/definitions.ts';
import type { Health, HealthTiming } from './health.ts';
import type { ImageSource } from './image-source.ts';

/**
 * A port of a service. On the host's network the program listens on `addresses` itself; on any other Docker publishes
 * the port there.
 */
export interface Port {
  /** Inside the container. */
  readonly container: number;
  /** On the host. */
  readonly host: number;
  /** Host addresses; each is a socket of its own. @example ['127.0.0.1', '172.17.0.1'] */
  readonly addresses: readonly string[];
  /** Setting that chooses `host`. @default - none: it is fixed */
  readonly setting?: SettingName;
  /** Setting that chooses the address. @default - none */
  readonly addressSetting?: SettingName;
  /** Names the port among the service's. @default - the service's name, for its first port */
  readonly name?: string;
}

/** A network that a service is on: `host`, `bridge`, or one of the project's own by its key. */
export interface NetworkAttachment {
  readonly network: string;
  /** Names by which the other services of that network find it. @default [] */
  readonly aliases?: readonly string[];
}

/** A named volume. It is the deployment's, survives every change of its container, and is named after `purpose`. */
export interface VolumeMount {
  /** @example 'data', which names the volume `<project>-backend-data` */
  readonly purpose: string;
  /** In the container. @example '/data' */
  readonly path: string;
  /** Whether other services may mount it: it is named `<project>-<purpose>`. @default false */
  readonly shared?: boolean;
  /** Service whose volume it is. @default - this one */
  readonly of?: string;
  /** @default false */
  readonly readOnly?: boolean;
  /** Whether nothing is ever in it. @default false */
  readonly empty?: boolean;
}

/** A folder or file of the host. */
export interface Bind {
  readonly source: string;
  /** In the container. */
  readonly path: string;
  /** @default false: it is read-only */
  readonly writable?: boolean;
}

/** A file system in memory. */
export interface Tmpfs {
  /** In the container. @example '/run' */
  readonly path: string;
  readonly sizeMiB: number;
}

/**
 * Environment variables that neither plan, state nor `docker inspect` show: KEY=value lines of a file, read as Compose
 * reads them; one variable around what a secret's file holds; or one that was given among the settings.
 */
export type SecretEnvironment =
  | { readonly file: string }
  | {
      readonly name: string;
      readonly secretFile: string;
      /** @example 'postgresql://app:' @default '' */
      readonly before?: string;
      /** @example '@db:5432/app' @default '' */
      readonly after?: string;
    }
  | { readonly name: string; readonly value: string };

/** One configuration file: text that plan and state may show, or a secret known by its fingerprint. */
export type ConfigFile = {
  /** Path inside the volume. @example 'nginx.conf' */
  readonly path: string;
} & (
  | { readonly content: string }
  | {
      readonly secretFile: string;
      /** Text that follows what that holds. @default '' */
      readonly after?: string;
    }
);

/** What makes a running container use changed files: a command in it that reloads them, a restart, or nothing. */
export type OnChange = { readonly reload: readonly string[] } | 'restart' | 'nothing';

/** The configuration files of a service, in a volume of their own. */
export interface ConfigFiles {
  /** Where they are mounted. @example '/etc/nginx' */
  readonly path: string;
  readonly files: readonly ConfigFile[];
  /** Numeric user and group that own them. @example '33:33' */
  readonly owner: string;
  /** Mode of the secret ones; the others are 0644. @default '0400' */
  readonly secretMode?: string;
  /** Program that refuses wrong files, run in a throw-away container before anything changes. @default - none */
  readonly check?: readonly string[];
  readonly onChange: OnChange;
  /** What starts the service with its secret environment. @default - the image's own program starts */
  readonly start?: StartScript;
}

/** One of the configuration files, which is put in as a script: it exports the variables and becomes the program. */
export interface StartScript {
  /** Path of the file: KEY=value lines, read as Docker Compose reads them. */
  readonly path: string;
  /** @default - the image's own */
  readonly entrypoint?: readonly string[];
  /** @default - the image's own, unless there is an entrypoint */
  readonly command?: readonly string[];
}

/** Upper bounds of a container. Swap is not used: the memory limit is the limit. */
export interface Limits {
  readonly memoryMiB: number;
  /** Processes and threads. */
  readonly pids: number;
  /** @example 1.5 @default - as many as the host has */
  readonly cpus?: number;
  /** Weight against other containers where processors are short. @default 512 */
  readonly cpuShares?: number;
}

/** Docker's restart policies. @example 'on-failure:3' */
export type RestartPolicy = 'no' | 'always' | 'unless-stopped' | 'on-failure' | `on-failure:${number}`;

/** A service as it is written down; what is left out has a default. */
export interface ServiceDefinition {
  /** Lower-case letters, digits and hyphens. @example 'nginx', which names the container `<project>-nginx` */
  readonly name: string;
  /**
   * Construct id, part of the resources' addresses in users' states: a changed one is a breaking change.
   * @default - made of the name
   */
  readonly id?: string;
  readonly image: ImageSource;
  /** @default [{ network: 'bridge' }] */
  readonly networks?: readonly NetworkAttachment[];
  /** @default [] */
  readonly ports?: readonly Port[];
  /** Paths that the reverse proxy sends to its first port. @example ['/api'] @default [] */
  readonly routes?: readonly string[];
  /** Path of its first port that answers with status 2xx or 3xx while it is healthy. @default '/' */
  readonly healthPath?: string;
  /** Numeric user and group. @default - the image's own */
  readonly user?: string;
  /** @default - the image's own */
  readonly entrypoint?: readonly string[];
  /** @default - the image's own */
  readonly command?: readonly string[];
  /** Names and values that are no secrets: they are in plan, state and `docker inspect`. @default {} */
  readonly environment?: Readonly<Record<string, string>>;
  /** The secret ones; later ones win. Needs a shell in the image. @default [] */
  readonly secretEnvironment?: readonly SecretEnvironment[];
  /** @default - the image's own */
  readonly workingDir?: string;
  /** Signal that asks it to end. @default - the image's own, else SIGTERM */
  readonly stopSignal?: string;
  /** Seconds it gets to end after that. @default 10 */
  readonly stopGraceSec?: number;
  /** Docker's restart policy. @default 'unless-stopped' */
  readonly restart?: RestartPolicy;
  /** Names and addresses in its hosts file. @example { 'host.docker.internal': 'host-gateway' } @default {} */
  readonly extraHosts?: Readonly<Record<string, string>>;
  /** Labels beside those of this package. @default {} */
  readonly labels?: Readonly<Record<string, string>>;
  /** File systems in memory beside /tmp. @default [] */
  readonly tmpfs?: readonly Tmpfs[];
  /** Size of /dev/shm. @default - Docker's, 64 MiB */
  readonly shmMiB?: number;
  /** Soft and hard limits by Docker's names for them. @example { nofile: [65535, 65535] } @default {} */
  readonly ulimits?: Readonly<Record<string, readonly [soft: number, hard: number]>>;
  /** Capabilities it keeps, in the engine's full spelling. @example ['CAP_NET_ADMIN'] @default [] */
  readonly capabilities?: readonly string[];
  /** @default true */
  readonly readOnlyRoot?: boolean;
  /** Whether a small init forwards signals, for programs that do not handle them as process 1. @default false */
  readonly init?: boolean;
  readonly limits: Limits;
  /** Size of /tmp, in memory. @default 16 */
  readonly tmpMiB?: number;
  /** Undefined for one that is healthy as long as it runs. */
  readonly health: Health | undefined;
  /** @default - as for the package's own services */
  readonly healthTiming?: Partial<HealthTiming>;
  /** Seconds in which it has to become healthy when it is deployed. @default 60 */
  readonly startTimeoutSec?: number;
  /**
   * Whether it runs to completion: before the services that depend on it start, and again at each deployment that
   * changes it. Its exit code has to be 0. @default false
   */
  readonly oneOff?: boolean;
  /** @default - no configuration files */
  readonly config?: ConfigFiles;
  /** @default [] */
  readonly volumes?: readonly VolumeMount[];
  /** @default [] */
  readonly binds?: readonly Bind[];
  /** Services that are healthy before it starts (Compose: depends_on). @default [] */
  readonly dependsOn?: readonly string[];
  /** What its users notice while it is away. @example 'sockets drop' @default - that it is away */
  readonly disruption?: string;
}

/** An attachment with Docker's name of the network. */
export type ServiceNetwork = NetworkAttachment & { readonly name: string };

/** A volume with Docker's name of it. */
export type ServiceVolume = VolumeMount & { readonly name: string };

/** What all containers of a deployment have in common. */
interface Common {
  readonly networks: readonly ServiceNetwork[];
  readonly volumes: readonly ServiceVolume[];
  readonly limits: Limits & Required<Pick<Limits, 'cpuShares'>>;
  /** Name of the container. @example 'btc-watcher-nginx' */
  readonly containerName: string;
  readonly log: {
    /** Size of one log file. @example '10m' */
    readonly maxSize: string;
    readonly files: number;
  };
  /** Settings that it was made from: a change of any other does not reach it. */
  readonly reads: readonly SettingName[];
}

type Optional =
  | 'user'
  | 'entrypoint'
  | 'command'
  | 'config'
  | 'health'
  | 'healthTiming'
  | 'workingDir'
  | 'stopSignal'
  | 'shmMiB';
type Complete = Required<Omit<ServiceDefinition, Optional | 'limits' | 'networks' | 'volumes'>>;
export type Service = Complete & Pick<ServiceDefinition, Optional> & Common;

export const isOnHostNetwork = (service: { readonly networks: readonly NetworkAttachment[] }): boolean =>
  service.networks.some(({ network }) => network === 'host');

/** The sockets it listens on. @example ['127.0.0.1:8000', '172.17.0.1:8000'] */
export const socketsOf = (service: Pick<Service, 'ports'>): string[] =>
  service.ports.flatMap(({ addresses, host }) => addresses.map((address) => `${address}:${host}`));

/** Name of a port, unique among the deployment's. @example 'backend', 'redis-6380' */
export const portName = (service: Pick<Service, 'name' | 'ports'>, port: Port): string =>
  port.name ?? (port === service.ports[0] ? service.name : `${service.name}-${port.container}`);

const CONFIG = 'config';

/** The volume of a service's configuration files. @example 'btc-watcher-nginx-config' */
export const configVolumeName = ({ containerName }: Pick<Service, 'containerName'>): string =>
  `${containerName}-${CONFIG}`;

/** Purpose of the volume by which the guard says that its rules hold; there is nothing in it. */
export const GUARD_LOCK = 'guard-lock';

/** Whether a volume of the project holds data: one that a service has no more is known by its name alone. */
export const holdsData = (volume: string): boolean => !/-(config|guard-lock)$/.test(volume);

/** The volume of a mount. @param prefix name of the container, or of the project where it is shared */
export function volumeName(prefix: string, { purpose, empty = false }: VolumeMount): string {
  const name = `${prefix}-${purpose}`;
  return empty || holdsData(name) ? name : `${name}-data`;
}
