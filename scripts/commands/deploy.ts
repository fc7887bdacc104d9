import { UserError } from '../../stacks/errors.mjs';
import { preflight } from '../deployment/preflight.ts';
import { type SynthesisedProject, synthesiseProject } from '../deployment/project.ts';
import { keepRelease, lastRelease, restoreConfiguration } from '../deployment/releases.ts';
import { progress, reportDeployment } from '../deployment/report.ts';
import { apply } from '../deployment/terraform.ts';
import { InterruptedError } from '../deployment/terraform-process.ts';
import { ensureDataVolumes } from '../deployment/volumes.ts';
import { findUnknownObjects, removeUnknownObjects } from '../diff/conflicts.ts';
import { replacements } from '../diff/effects.ts';
import { gatherDrift } from '../diff/observe.ts';
import { projectContainers } from '../docker/containers.ts';
import { readLog } from '../docker/logs.ts';
import { ensureImages, missingImages } from '../images/build.ts';
import { indent, tail } from '../lib/text.ts';

export interface DeployOptions {
  readonly json?: boolean;
  /** Replace every container, even those that have not changed. */
  readonly replace?: boolean;
  /** Go back to the last good deployment when this one fails. */
  readonly rollbackOnFailure?: boolean;
}

const LAST_LINES = 8;

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
  const project = await synthesiseProject();
  const { topology, images, synthesis } = project;
  const gather = () => Promise.all([gatherDrift(project), findUnknownObjects(topology.project)]);
  const [missing, before] = await Promise.all([missingImages(images.all), gather(), preflight(project)]);
  await ensureImages(missing);
  // Images may have been built for minutes.
  const [observations, unknown] = missing.length > 0 ? await gather() : before;
  await removeUnknownObjects(unknown);
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
