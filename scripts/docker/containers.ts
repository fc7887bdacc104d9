/** A project's containers, as people ask for them. */
import { SERVICE_LABEL } from '../../stacks/topology/labels.ts';
import { healthOf, inspect, nameOf, projectIds, publishedAt } from './inspect.ts';

export interface ContainerState {
  readonly name: string;
  /** Name of its service. @example 'nginx' */
  readonly service: string;
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

/** All containers of a project, running or not, by name. */
export async function projectContainers(project: string): Promise<ContainerState[]> {
  const containers = await inspect('container', await projectIds('container', project));
  return containers
    .map((container) => ({
      name: nameOf(container),
      service: container.Config.Labels?.[SERVICE_LABEL] ?? '',
      image: container.Config.Image,
      status: container.State.Status,
      health: healthOf(container),
      startedAt: container.State.StartedAt,
      restarts: container.RestartCount,
      addresses: publishedAt(container),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
