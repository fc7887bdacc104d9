/** What the engine says of containers, images, volumes and networks: the only reader of `docker inspect`. */
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { ONE_OFF_LABEL, PROJECT_LABEL } from '../../stacks/topology/labels.ts';
import { docker, tryDocker } from './client.ts';

/** On a busy host the first is over before the engine has come to the question. */
const DEADLINES_MS = [5_000, 20_000];

const said = messages.docker.inspect;

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
    /** Why Docker could not start it; '' where it could. */
    readonly Error?: string;
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
    readonly Healthcheck?: {
      readonly Test: readonly string[];
      readonly Interval?: number;
      readonly Timeout?: number;
      readonly StartPeriod?: number;
      readonly Retries?: number;
    };
    readonly WorkingDir?: string;
    readonly StopSignal?: string;
  };
  readonly HostConfig: {
    readonly PortBindings: Readonly<
      Record<string, readonly { HostIp: string; HostPort: string }[] | null>
    > | null;
    readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount?: number };
    readonly ReadonlyRootfs: boolean;
    /** Bytes. */
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly CpuShares: number;
    readonly PidsLimit: number | null;
    readonly LogConfig: { readonly Type: string; readonly Config: Strings | null };
    readonly NetworkMode: string;
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly Privileged: boolean;
    /** @example ['host.docker.internal:host-gateway'] */
    readonly ExtraHosts?: readonly string[] | null;
    /** Bytes. */
    readonly ShmSize: number;
    readonly Ulimits?:
      | readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[]
      | null;
    /** Options by path. @example { '/tmp': 'rw,size=16m' } */
    readonly Tmpfs?: Strings | null;
  };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Name?: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
  readonly NetworkSettings: {
    readonly Networks: Readonly<
      Record<
        string,
        {
          readonly Aliases?: readonly string[] | null;
          /** Empty on the host's network, and while it does not run. */
          readonly IPAddress?: string;
        } | null
      >
    >;
  };
}

/** `docker image inspect`. */
export interface ImageInspection {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  /** @example 'amd64' */
  readonly Architecture: string;
  /** Bytes. */
  readonly Size: number;
  readonly Config: {
    readonly Env: readonly string[] | null;
    readonly Labels: Strings | null;
    readonly Entrypoint: readonly string[] | null;
    readonly Cmd: readonly string[] | null;
    readonly Healthcheck?: { readonly Test: readonly string[] };
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

interface Found<Kind extends keyof Inspections> {
  /** Those that exist. */
  readonly found: Inspections[Kind][];
  /** Whether the engine did not answer in time: then nothing is known of any. */
  readonly timedOut: boolean;
}

/** What `docker … inspect` prints within a deadline. @param names or ids */
export async function inspectWithin<Kind extends keyof Inspections>(
  deadlineMs: number,
  kind: Kind,
  names: readonly string[],
): Promise<Found<Kind>> {
  if (names.length === 0) return { found: [], timedOut: false };
  const { stdout, timedOut } = await tryDocker([kind, 'inspect', ...names], { timeout: deadlineMs });
  return { found: timedOut ? [] : JSON.parse(String(stdout || '[]')), timedOut };
}

/**
 * What `docker … inspect` prints of those that exist.
 * @param names or ids
 * @throws {UserError} where the engine does not answer in time, which is not to be taken for their absence
 */
export async function inspect<Kind extends keyof Inspections>(
  kind: Kind,
  names: readonly string[],
): Promise<Inspections[Kind][]> {
  for (const deadlineMs of DEADLINES_MS) {
    const { found, timedOut } = await inspectWithin(deadlineMs, kind, names);
    if (!timedOut) return found;
  }
  throw new UserError(said.timedOut(kind), said.tryAgain);
}

export const nameOf = ({ Name }: Pick<ContainerInspection, 'Name'>): string => Name.replace(/^\//, '');

/** What a one-off service is that has done its work. */
export const COMPLETED = 'completed';

/** Docker's words for a container's health; `none` where it has no health check, `completed` for a one-off service. */
export function healthOf({ State, Config }: Pick<ContainerInspection, 'State' | 'Config'>): string {
  const isOneOff = Config.Labels?.[ONE_OFF_LABEL] !== undefined;
  if (isOneOff && State.Status === 'exited' && State.ExitCode === 0) return COMPLETED;
  return State.Health?.Status ?? 'none';
}

/** A state or a health of a container, for people; a word that is not known stays as it is. @example 'exited (0)' */
export const stateText = (state: string): string =>
  (said.states as Readonly<Record<string, string>>)[state] ?? state;

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

/** Where a container's ports are published. @example ['127.0.0.1:8501'] */
export const publishedAt = ({ HostConfig }: Pick<ContainerInspection, 'HostConfig'>): string[] =>
  Object.values(HostConfig.PortBindings ?? {})
    .flatMap((bindings) => bindings ?? [])
    .map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`)
    .sort();

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
  // A database that is killed has to recover when it starts again.
  if (kind === 'container') await docker(['stop', ...ids]);
  await docker([kind, 'rm', ...REMOVE_OPTIONS[kind], ...ids]);
}
