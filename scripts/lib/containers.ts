/** What the engine tells of a project's containers. */
import { COMPONENT_LABEL, PROJECT_LABEL } from '../../stacks/constructs/labels.ts';
import { docker, tryDocker } from './programs.ts';

/** A container of the project, as `docker inspect` shows it. */
export interface ContainerState {
  readonly name: string;
  /** @example 'nginx' */
  readonly component: string;
  readonly image: string;
  /** @example 'running' */
  readonly status: string;
  /** @example 'healthy' */
  readonly health: string;
  readonly startedAt: string;
  readonly restarts: number;
  /** Where it is published. @example '127.0.0.1:8501' */
  readonly addresses: readonly string[];
}

interface Inspection {
  readonly Name: string;
  readonly RestartCount: number;
  readonly Config: { readonly Image: string; readonly Labels: Record<string, string> };
  readonly State: {
    readonly Status: string;
    readonly StartedAt: string;
    readonly Health?: { readonly Status: string };
  };
  readonly HostConfig: {
    readonly PortBindings: Record<string, { HostIp: string; HostPort: string }[] | null> | null;
  };
}

/** The ids of what carries the project's label. */
export async function projectIds(
  kind: 'container' | 'volume' | 'network',
  project: string,
): Promise<string[]> {
  const all = kind === 'container' ? ['--all'] : [];
  const format = ['--format', kind === 'volume' ? '{{.Name}}' : '{{.ID}}'];
  const listed = await docker([
    kind,
    'ls',
    ...all,
    ...format,
    '--filter',
    `label=${PROJECT_LABEL}=${project}`,
  ]);
  return listed.split('\n').filter(Boolean);
}

/** All containers of a project, running or not, in a fixed order. */
export async function projectContainers(project: string): Promise<ContainerState[]> {
  const ids = await projectIds('container', project);
  if (ids.length === 0) return [];
  const inspections = JSON.parse(await docker(['inspect', ...ids])) as Inspection[];
  return inspections
    .map((one) => ({
      name: one.Name.replace(/^\//, ''),
      component: one.Config.Labels[COMPONENT_LABEL] ?? '',
      image: one.Config.Image,
      status: one.State.Status,
      health: one.State.Health?.Status ?? 'none',
      startedAt: one.State.StartedAt,
      restarts: one.RestartCount,
      addresses: Object.values(one.HostConfig.PortBindings ?? {})
        .flatMap((bindings) => bindings ?? [])
        .map((binding) => `${binding.HostIp}:${binding.HostPort}`)
        .sort(),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** What a container printed on both streams. @param since as Docker takes it @example '10s' */
export async function containerLogs(name: string, since?: string): Promise<string> {
  const result = await tryDocker(['logs', ...(since ? ['--since', since] : []), name], { all: true });
  return String(result.all ?? '');
}
