/** Whether what was deployed runs, and what its containers say where it does not. */
import { UserError } from '../../stacks/errors.mjs';
import { type ContainerState, projectContainers } from '../docker/containers.ts';
import { COMPLETED } from '../docker/inspect.ts';
import { readLog } from '../docker/logs.ts';
import { indent, tail } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';

/** What a container gets that has just been restarted; Terraform has waited for new ones already. */
const SETTLE_DEADLINE_MS = 45_000;
const LAST_LINES = 8;

type State = Pick<ContainerState, 'name' | 'status' | 'health'>;

/** Whether a container is as it should be: one without a health check only has to run, a one-off service to have run. */
export const isWell = ({ status, health }: State): boolean =>
  health === COMPLETED || (status === 'running' && (health === 'healthy' || health === 'none'));

/** Whether waiting may help. */
const isPending = ({ status, health }: State): boolean =>
  status === 'restarting' || status === 'created' || (status === 'running' && health === 'starting');

/** @example 'x-backend is running, unhealthy' */
export const stateText = ({ name, status, health }: State): string =>
  `${name} is ${status}${health === 'none' ? '' : `, ${health}`}`;

/** The last lines, each once: a restart loop says the same again and again. */
export function lastLines(log: string): string {
  const lines = log.split('\n').map((line) => line.trimEnd());
  const once = lines.filter((line, index) => lines.lastIndexOf(line) === index);
  return tail(once.join('\n'), LAST_LINES);
}

/** The containers of its services: what else carries the project's label is not the deployment's to judge. */
const serviceContainers = async (project: string): Promise<ContainerState[]> =>
  (await projectContainers(project)).filter(({ name, service }) => name === `${project}-${service}`);

/** The last log lines of the containers that are not healthy. */
export async function failureLogs(project: string): Promise<string> {
  const failed = (await serviceContainers(project)).filter((container) => !isWell(container));
  const texts = await Promise.all(
    failed.map(async (container) => {
      const { text } = await readLog(container.name);
      return `${stateText(container)}. Its last lines:\n${indent(lastLines(text))}`;
    }),
  );
  return texts.join('\n');
}

/** @throws {UserError} naming the containers that are not healthy, and do not become so */
export async function requireHealthy(project: string): Promise<void> {
  const { observation } = await waitFor(
    () => serviceContainers(project),
    (containers) => !containers.some(isPending),
    { deadlineMs: SETTLE_DEADLINE_MS },
  );
  const failed = observation.filter((container) => !isWell(container));
  if (failed.length === 0) return;
  throw new UserError(`Not every container is healthy: ${failed.map(({ name }) => name).join(', ')}.`);
}

/** What a deployment failed of, with what its containers say; without the fix that the error may have. */
export async function explainFailure(project: string, error: unknown): Promise<string> {
  const reason =
    error instanceof UserError ? error.what : error instanceof Error ? error.message : String(error);
  return [reason, await failureLogs(project)].filter(Boolean).join('\n');
}
