import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { backUpReplaced } from '../backup/before-deploy.ts';
import { applicationProblems } from '../deployment/application-problems.ts';
import { bringBack } from '../deployment/bring-back.ts';
import { removeGuardTable } from '../deployment/guard-table.ts';
import { explainFailure, requireHealthy } from '../deployment/health.ts';
import { tellNotices, tellServerCheck } from '../deployment/notices.ts';
import { markDeployment } from '../deployment/owner.ts';
import { preflight } from '../deployment/preflight.ts';
import { profileOf } from '../deployment/profile.ts';
import { type SynthesisedProject, synthesiseProject } from '../deployment/project.ts';
import { hasFailed, keepSecrets } from '../deployment/release-secrets.ts';
import {
  keepRelease,
  type Release,
  releases,
  releaseTime,
  restoreConfiguration,
} from '../deployment/releases.ts';
import { progress, reportDeployment } from '../deployment/report.ts';
import { StartTimes } from '../deployment/start-times.ts';
import { apply, changesAnything, type TerraformEvent } from '../deployment/terraform.ts';
import { InterruptedError } from '../deployment/terraform-process.ts';
import { ensureVolumes } from '../deployment/volumes.ts';
import { findUnknownObjects, removeUnknownObjects } from '../diff/conflicts.ts';
import { replacements } from '../diff/effects.ts';
import { gatherLosses, requireConsent } from '../diff/losses.ts';
import { gatherDrift } from '../diff/observe.ts';
import { ensureImages, missingImages } from '../images/build.ts';
import { askOnTerminal } from '../lib/confirm.ts';
import { during } from '../lib/live.ts';
import { secondsSince } from '../lib/report.ts';

export interface DeployOptions {
  readonly json?: boolean;
  /** Replace every container, even those that have not changed. */
  readonly replace?: boolean;
  /** Take over what another checkout has deployed. */
  readonly adopt?: boolean;
  /** Take the certificate that the frp server shows now for the right one. */
  readonly acceptFrpCertificate?: boolean;
  /** Whether to back up a database before its container is replaced. @default true */
  readonly backup?: boolean;
  /** Lose files that containers have written outside their volumes. @default - it is asked for on a terminal */
  readonly discard?: boolean;
  /** Go back to the last good deployment when this one fails. */
  readonly rollbackOnFailure?: boolean;
  /** Told as its parts begin; that there is nothing to do, too. */
  readonly onPart?: (part: 'images' | 'deployment', note?: string) => void;
}

const said = messages.commands.deploy;
const shown = messages.deployment.live;

type ShowEvent = (event: TerraformEvent) => void;

/** Goes back to a release after a failure, and fails with what happened. */
async function goBack(synthesised: SynthesisedProject, good: Release, show: ShowEvent): Promise<never> {
  const { project } = synthesised.topology;
  const when = releaseTime(good);
  console.error(said.goingBack(when));
  restoreConfiguration(project, good, synthesised.synthesis.folder);
  await bringBack(synthesised, good, show);
  throw new UserError(said.failedAndBack(when), said.causeThenDeploy);
}

/**
 * Applies, and on failure says why and offers the way back, or takes it.
 * @returns whether anything changed
 */
async function applyOrExplain(
  synthesised: SynthesisedProject,
  args: readonly string[],
  options: DeployOptions,
  took: StartTimes,
): Promise<boolean> {
  const { project } = synthesised.topology;
  const show = options.json ? () => {} : progress(synthesised.synthesis.names, synthesised.topology.services);
  let changed = false;
  try {
    await apply(synthesised, args, (event) => {
      changed ||= changesAnything(event);
      took.take(event);
      show(event);
    });
    await requireHealthy(project);
    return changed;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    const what = await explainFailure(synthesised, error);
    const good = releases(project).findLast((release) => !hasFailed(project, release));
    const fix = error instanceof UserError ? error.fix : undefined;
    // Going back helps against what this deployment changed.
    if (!good || !changed) throw new UserError(what, fix ?? said.doctorSays);
    if (!options.rollbackOnFailure) {
      const back = said.rollbackGoes(releaseTime(good));
      throw new UserError(what, fix ? said.fixOr(fix, back) : back);
    }
    console.error(what);
    return await goBack(synthesised, good, show);
  }
}

/** Brings the host to the declared state. */
export async function deploy(options: DeployOptions = {}): Promise<void> {
  const startedMs = Date.now();
  const { adopt = false, replace = false } = options;
  const frpCertificate = options.acceptFrpCertificate ? 'accept' : 'check';
  const project = await during(shown.reads, () =>
    synthesiseProject({ changes: true, adopt, replace, frpCertificate }),
  );
  const { topology, images, synthesis } = project;
  // Its mistakes are told before anything changes.
  const profile = profileOf(project.settings, topology);
  tellNotices(project);
  tellServerCheck(project, options.json ?? false);
  const gather = () => Promise.all([gatherDrift(project), findUnknownObjects(topology.project)]);
  const [missing, before] = await during(shown.compares, () =>
    Promise.all([missingImages(images.all), gather(), preflight(project)]),
  );
  options.onPart?.('images', missing.length === 0 ? shown.allHere : undefined);
  await ensureImages(missing);
  options.onPart?.('deployment');
  // Images may have been built for minutes.
  const [observations, unknown] = missing.length > 0 ? await gather() : before;
  const all = options.replace ? [...synthesis.addresses.values()].map(({ container }) => container) : [];
  const replaced = new Set([...all, ...replacements(observations)]);
  const args = [...replaced].map((address) => `-replace=${address}`);
  const ask = options.json ? undefined : askOnTerminal();
  const losses = await during(shown.plans, () => gatherLosses(project, args));
  await requireConsent(losses, options.discard ?? false, ask);
  await markDeployment(topology.project);
  await removeUnknownObjects(unknown);
  await ensureVolumes(topology);
  const kept = options.backup === false ? undefined : await backUpReplaced(project, args);
  if (kept) console.log(said.databaseKept(kept));
  const took = new StartTimes();
  const applied = await applyOrExplain(project, args, options, took);
  if (project.settings.BTCW_GUARD === 'off') await removeGuardTable(topology.project);
  keepRelease(project, took.byContainer(synthesis.names));
  keepSecrets(project);
  const changed = applied || missing.length > 0;
  const headline = changed ? said.deployed(secondsSince(startedMs)) : said.unchanged;
  const problems = await applicationProblems(project, profile, changed);
  await reportDeployment(project, options, headline, { changed, problems });
}
