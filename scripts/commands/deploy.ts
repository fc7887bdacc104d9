import { UserError } from '../../stacks/errors.mjs';
import { markDeployment } from '../deployment/owner.ts';
import { preflight } from '../deployment/preflight.ts';
import { type SynthesisedProject, synthesiseProject } from '../deployment/project.ts';
import { keepRelease, lastRelease, restoreConfiguration } from '../deployment/releases.ts';
import { progress, reportDeployment } from '../deployment/report.ts';
import { apply, InterruptedError } from '../deployment/terraform.ts';
import { ensureDataVolumes } from '../deployment/volumes.ts';
import { replacements } from '../diff/effects.ts';
import { gatherDrift, type Observation } from '../diff/observe.ts';
import { docker } from '../docker/client.ts';
import { projectContainers } from '../docker/containers.ts';
import { inspect, nameOf, REMOVE_OPTIONS } from '../docker/inspect.ts';
import { readLog } from '../docker/logs.ts';
import { ensureImages, missingImages } from '../images/build.ts';
import { indent, tail } from '../lib/text.ts';

export interface DeployOptions {
  readonly json?: boolean;
  /** Replace every container, even those that have not changed. */
  readonly replace?: boolean;
  /** Take over what another checkout has deployed. */
  readonly adopt?: boolean;
  /** Go back to the last good deployment when this one fails. */
  readonly rollbackOnFailure?: boolean;
}

const LAST_LINES = 8;

/** Removes containers of this project that its state does not know; preflight has refused those of others. */
async function removeConflicts(observations: readonly Observation[]): Promise<void> {
  for (const { conflictingContainer } of observations) {
    if (conflictingContainer) await docker(['rm', '--force', '--volumes', conflictingContainer]);
  }
}

/** Removes the containers of an adopted deployment that are not declared here. */
async function removeOthers({ topology, ownership }: SynthesisedProject): Promise<void> {
  const declared = topology.services.map(({ containerName }) => containerName);
  const containers = await inspect('container', ownership.containers);
  const others = containers.filter((container) => !declared.includes(nameOf(container))).map(({ Id }) => Id);
  if (others.length === 0) return;
  // Killed, the guard would leave its rules in the kernel.
  await docker(['stop', ...others]);
  await docker(['rm', ...REMOVE_OPTIONS.container, ...others]);
}

/** The last log lines of the containers that did not become healthy. */
async function failureLogs(project: string): Promise<string> {
  const failed = (await projectContainers(project)).filter(
    ({ status, health }) => status !== 'running' || health === 'unhealthy' || health === 'starting',
  );
  const texts = await Promise.all(
    failed.map(async ({ name, status, health }) => {
      const { text } = await readLog(name);
      return `${name} is ${status}, ${health}. Its last lines:\n${indent(tail(text, LAST_LINES))}`;
    }),
  );
  return texts.join('\n');
}

/** Applies, and on failure says why and offers the way back, or takes it. */
async function applyOrExplain(
  synthesised: SynthesisedProject,
  args: readonly string[],
  options: DeployOptions,
): Promise<void> {
  const { project } = synthesised.topology;
  const { folder, names } = synthesised.synthesis;
  const show = options.json ? () => {} : progress(names);
  try {
    await apply(synthesised, args, show);
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    const logs = await failureLogs(project);
    const good = lastRelease(project);
    const what = [error instanceof Error ? error.message : String(error), logs].filter(Boolean).join('\n');
    if (!good) throw new UserError(what);
    if (!options.rollbackOnFailure)
      throw new UserError(what, `npm run rollback goes back to the deployment of ${good.id}.`);
    console.error(`${what}\nGoing back to the deployment of ${good.id}.`);
    restoreConfiguration(project, good, folder);
    await apply(synthesised, [], show);
    throw new UserError(
      `The deployment failed; the one of ${good.id} runs again.`,
      'fix the cause above, then npm run deploy.',
    );
  }
}

/** Brings the host to the declared state. */
export async function deploy(options: DeployOptions = {}): Promise<void> {
  const startedMs = Date.now();
  const project = await synthesiseProject({ changes: true, adopt: options.adopt ?? false });
  const { topology, images, synthesis } = project;
  const [missing, before] = await Promise.all([
    missingImages(images.all),
    gatherDrift(project),
    preflight(project),
  ]);
  await ensureImages(missing);
  const observations = missing.length > 0 ? await gatherDrift(project) : before;
  await markDeployment(topology.project);
  await removeConflicts(observations);
  if (project.ownership.owner === 'another') await removeOthers(project);
  await ensureDataVolumes(topology);
  const all = options.replace ? [...synthesis.addresses.values()].map(({ container }) => container) : [];
  const replaced = new Set([...all, ...replacements(observations)]);
  await applyOrExplain(
    project,
    [...replaced].map((address) => `-replace=${address}`),
    options,
  );
  keepRelease(project);
  await reportDeployment(project, options, startedMs);
}
