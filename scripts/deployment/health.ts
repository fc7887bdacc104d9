/** Whether what was deployed runs, and what its containers say where it does not. */
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { type ContainerState, projectContainers } from '../docker/containers.ts';
import { COMPLETED, stateText } from '../docker/inspect.ts';
import { readLog } from '../docker/logs.ts';
import { excerptOf } from '../lib/log-excerpt.ts';
import { redactor } from '../lib/redact.ts';
import { indent } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';
import { root } from './host.ts';
import type { Deployment } from './project.ts';
import { secretValues } from './secrets.ts';

const said = messages.deployment.health;

/** What a container gets that has just been restarted; Terraform has waited for new ones already. */
const SETTLE_DEADLINE_MS = 45_000;

/**
 * So often a program may exit that waits for another one: Docker's pauses between its starts add up to 3 s. The engine
 * counts anew where a deployment has restarted it.
 */
export const LOOP_RESTARTS = 5;

type State = Pick<ContainerState, 'name' | 'status' | 'health'> & Partial<Pick<ContainerState, 'restarts'>>;

/** Whether a container is as it should be: one without a health check only has to run, a one-off service to have run. */
export const isWell = ({ status, health }: State): boolean =>
  health === COMPLETED || (status === 'running' && (health === 'healthy' || health === 'none'));

/** Whether waiting may help. */
export const isPending = ({ status, health, restarts = 0 }: State): boolean =>
  restarts < LOOP_RESTARTS &&
  (status === 'restarting' || status === 'created' || (status === 'running' && health === 'starting'));

/** A container's state and its health, where it has one. @example 'running, unhealthy' */
export const statusText = ({ status, health }: Pick<State, 'status' | 'health'>): string =>
  health === 'none' ? stateText(status) : said.both(stateText(status), stateText(health));

/** @example 'x-backend is running, unhealthy' */
export const containerText = (state: State): string => said.state(state.name, statusText(state));

/** The containers of its services: what else carries the project's label is not the deployment's to judge. */
const serviceContainers = async (project: string): Promise<ContainerState[]> =>
  (await projectContainers(project)).filter(({ name, service }) => name === `${project}-${service}`);

/** Why the containers that are not healthy are not, as their logs say. */
export async function failureLogs(deployment: Deployment): Promise<string> {
  const { project } = deployment.topology;
  const redact = redactor(secretValues(deployment, root));
  const failed = (await serviceContainers(project)).filter((container) => !isWell(container));
  const texts = await Promise.all(
    failed.map(async (container) => {
      const { text } = await readLog(container.name);
      return said.log(containerText(container), indent(redact(excerptOf(text))));
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
  throw new UserError(said.notHealthy(failed.map(({ name }) => name).join(', ')));
}

/** What a deployment failed of, with what its containers say; without the fix that the error may have. */
export async function explainFailure(deployment: Deployment, error: unknown): Promise<string> {
  const reason =
    error instanceof UserError ? error.what : error instanceof Error ? error.message : String(error);
  return [reason, await failureLogs(deployment)].filter(Boolean).join('\n');
}
