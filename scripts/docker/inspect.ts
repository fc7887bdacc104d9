/** What the engine says of containers, images, volumes and networks: the only reader of `docker inspect`. */
import { PROJECT_LABEL } from '../../stacks/topology/labels.ts';
import { docker, tryDocker } from './client.ts';

const DEADLINE_MS = 5_000;

type Strings = Readonly<Record<string, string>>;

/** `docker container inspect`: the fields that this package reads. https://docs.docker.com/reference/api/engine/ */
export interface ContainerInspection {
  readonly Id: string;
  /** With a leading slash. */
  readonly Name: string;
  /** Content address of its image. */
  readonly Image: string;
  readonly LogPath?: string;
  readonly RestartCount: number;
  readonly State: {
    /** @example 'running', 'paused', 'exited', 'restarting' */
    readonly Status: string;
    readonly Running: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly StartedAt: string;
    readonly Health?: {
      /** @example 'healthy', 'unhealthy', 'starting' */
      readonly Status: string;
      readonly Log?: { readonly End: string; readonly ExitCode: number; readonly Output: string }[] | null;
    };
  };
  readonly Config: {
    readonly Image: string;
    readonly Env: readonly string[] | null;
    readonly Labels: Strings | null;
    readonly User: string;
    readonly Entrypoint: readonly string[] | null;
    readonly Cmd: readonly string[] | null;
    /** Times in ns. */
    readonly Healthcheck?: { readonly Test: readonly string[]; readonly Interval?: number };
  };
  readonly HostConfig: {
    readonly PortBindings: Readonly<
      Record<string, readonly { HostIp: string; HostPort: string }[] | null>
    > | null;
    readonly RestartPolicy: { readonly Name: string };
    readonly ReadonlyRootfs: boolean;
    /** Bytes. */
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number | null;
    readonly LogConfig: { readonly Type: string; readonly Config: Strings | null };
    readonly NetworkMode: string;
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly Privileged: boolean;
  };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Name?: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly Aliases?: readonly string[] | null } | null>>;
  };
}

/** `docker image inspect`. */
export interface ImageInspection {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  /** Bytes. */
  readonly Size: number;
  readonly Config: {
    readonly Env: readonly string[] | null;
    readonly Labels: Strings | null;
    readonly Entrypoint: readonly string[] | null;
    readonly Cmd: readonly string[] | null;
  };
}

/** `docker network inspect`. */
export interface NetworkInspection {
  readonly Name: string;
  readonly Labels?: Strings | null;
  readonly IPAM: {
    readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null;
  };
  readonly Options?: Strings | null;
}

/** `docker volume inspect`. */
export interface VolumeInspection {
  readonly Name: string;
  readonly Labels: Strings | null;
}

interface Inspections {
  readonly volume: VolumeInspection;
  readonly container: ContainerInspection;
  readonly image: ImageInspection;
  readonly network: NetworkInspection;
}

/** What `docker … inspect` prints of those that exist. @param names or ids */
export async function inspect<Kind extends keyof Inspections>(
  kind: Kind,
  names: readonly string[],
): Promise<Inspections[Kind][]> {
  if (names.length === 0) return [];
  const { stdout } = await tryDocker([kind, 'inspect', ...names], { timeout: DEADLINE_MS });
  return JSON.parse(String(stdout || '[]'));
}

export const nameOf = ({ Name }: Pick<ContainerInspection, 'Name'>): string => Name.replace(/^\//, '');

/** Docker's words for a container's health, or `none` where it has no health check. */
export const healthOf = ({ State }: Pick<ContainerInspection, 'State'>): string =>
  State.Health?.Status ?? 'none';

/** Whether an object carries the label of a project. */
export const isOf = (project: string, labels: Strings | null | undefined): boolean =>
  labels?.[PROJECT_LABEL] === project;

const LIST_OPTIONS = {
  container: ['--all', '--no-trunc', '--format', '{{.ID}}'],
  volume: ['--format', '{{.Name}}'],
  network: ['--no-trunc', '--format', '{{.ID}}'],
} as const;

/** The names or ids of what carries the project's label. */
export async function projectIds(
  kind: 'container' | 'volume' | 'network',
  project: string,
): Promise<string[]> {
  const label = ['--filter', `label=${PROJECT_LABEL}=${project}`];
  const listed = await docker([kind, 'ls', ...LIST_OPTIONS[kind], ...label]);
  return listed.split('\n').filter(Boolean);
}

/**
 * How an object is removed. A container takes the nameless volumes with it that its image declares.
 */
export const REMOVE_OPTIONS = {
  container: ['--force', '--volumes'],
  volume: ['--force'],
  network: [],
} as const;

/** Removes objects by their names or ids. */
export async function removeObjects(
  kind: keyof typeof REMOVE_OPTIONS,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  // Killed, the guard would leave its rules in the kernel.
  if (kind === 'container') await docker(['stop', ...ids]);
  await docker([kind, 'rm', ...REMOVE_OPTIONS[kind], ...ids]);
}
