import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { bringBack } from '../deployment/bring-back.ts';
import { markDeployment } from '../deployment/owner.ts';
import { type SynthesisedProject, synthesiseProject } from '../deployment/project.ts';
import { hasFailed, type RestoredSecrets } from '../deployment/release-secrets.ts';
import {
  changedSettings,
  dropRelease,
  type Release,
  releases,
  releaseTime,
  restoreConfiguration,
} from '../deployment/releases.ts';
import { progress, reportDeployment } from '../deployment/report.ts';
import { loadSettings } from '../deployment/settings.ts';
import { terraform } from '../deployment/terraform.ts';
import { findUnknownObjects, removeUnknownObjects } from '../diff/conflicts.ts';
import { inspect } from '../docker/inspect.ts';
import { isBuiltName } from '../images/plan.ts';
import { during } from '../lib/live.ts';
import { paint, secondsSince, table } from '../lib/report.ts';

const said = messages.commands.rollback;
const { live } = messages.deployment;

export interface RollbackOptions {
  readonly json?: boolean;
  /** Show what can be gone back to, and change nothing. */
  readonly list?: boolean;
}

/** Whether what runs is what the last good deployment made: then going back means one further. */
async function runsAsDeployed(folder: string): Promise<boolean> {
  return (await terraform(folder, ['plan', '-detailed-exitcode'], () => {})).exitCode === 0;
}

/** Shows the kept deployments, the newest first. */
function list({ json }: RollbackOptions): void {
  const settings = loadSettings();
  const project = settings.BTCW_PROJECT;
  const kept = releases(project)
    .map((release) => ({
      id: release.id,
      changed: changedSettings(release, settings),
      failed: hasFailed(project, release),
    }))
    .reverse();
  if (json) {
    console.log(JSON.stringify({ project, releases: kept }, null, 2));
    return;
  }
  if (kept.length === 0) {
    console.log(said.noneKept(project));
    return;
  }
  const rows = kept.map((release) => [
    release.failed ? said.hasFailed(releaseTime(release)) : releaseTime(release),
    release.changed.map(({ name, from }) => `${name}=${from}`).join('\n') || said.asNow,
  ]);
  console.log(table([said.deployed, said.settings], rows));
}

/**
 * Chooses what to go back to, and leaves its configuration where terraform runs.
 * @throws {UserError} where there is nothing
 */
async function chooseTarget({ topology, synthesis, ownership }: SynthesisedProject) {
  const { project } = topology;
  if (ownership.owner === 'nobody') {
    throw new UserError(said.nothingRuns(project), 'npm run deploy');
  }
  const all = releases(project);
  const kept = all.filter((release) => !hasFailed(project, release));
  const last = kept.at(-1);
  if (!last) {
    const why = all.length > 0 ? said.noneUsable(project) : said.noneEarlier(project);
    throw new UserError(why, 'npm run deploy');
  }
  restoreConfiguration(project, last, synthesis.folder);
  if (!(await runsAsDeployed(synthesis.folder))) return { target: last, left: undefined };
  const target = kept.at(-2);
  if (!target) {
    throw new UserError(said.isFirst(releaseTime(last)));
  }
  restoreConfiguration(project, target, synthesis.folder);
  return { target, left: last };
}

/** @throws {UserError} naming the images that were built here for a release and are gone since: no registry has them */
async function requireImages(project: string, release: Release): Promise<void> {
  const ours = Object.values(release.images).filter((reference) => isBuiltName(reference, project));
  const present = await inspect('image', ours);
  const gone = new Set(ours.filter((name) => !present.some(({ RepoTags }) => RepoTags?.includes(name))));
  if (gone.size === 0) return;
  throw new UserError(said.imagesGone(releaseTime(release), [...gone].join(', ')), 'npm run deploy');
}

/** What is not as it was then, or not as it was just now. */
function notes({ restored, differing }: RestoredSecrets, target: Release, project: SynthesisedProject) {
  const { settings } = project;
  const secrets = restored.filter((name) => name !== 'fingerprint-key').join(', ');
  const ahead = changedSettings(target, settings).map(({ name, to }) => `${name}=${to}`);
  return [
    ...(secrets ? [said.secretsRestored(`secrets/${settings.BTCW_PROJECT}`, secrets)] : []),
    ...differing.map(said.fileDiffers),
    ...(ahead.length > 0 ? [said.settingsStay(ahead.join(', '))] : []),
  ];
}

/**
 * Returns to the previous good deployment, with its configuration, secrets and images. After a failed deployment that is
 * the last one that became healthy, else the one before it. Settings and sources stay as they are: `diff` shows the way
 * forward again.
 */
export async function rollback(options: RollbackOptions): Promise<void> {
  if (options.list) return list(options);
  const startedMs = Date.now();
  const synthesised = await during(live.reads, () => synthesiseProject({ changes: true, anySecrets: true }));
  const { project } = synthesised.topology;
  const { target, left } = await during(live.compares, () => chooseTarget(synthesised));
  await requireImages(project, target);
  const when = releaseTime(target);
  if (!options.json) console.log(messages.commands.deploy.goingBack(when));
  await markDeployment(project);
  await removeUnknownObjects(await findUnknownObjects(project));
  const names = new Map([...synthesised.synthesis.names, ...Object.entries(target.names ?? {})]);
  const secrets = await bringBack(
    synthesised,
    target,
    options.json ? () => {} : progress(names, synthesised.topology.services),
  );
  if (left) dropRelease(project, left);
  await reportDeployment(synthesised, options, said.back(when, secondsSince(startedMs)));
  if (options.json) return;
  for (const note of notes(secrets, target, synthesised)) console.log(`${paint('yellow', '!')} ${note}`);
}
