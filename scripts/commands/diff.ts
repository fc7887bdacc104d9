import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { tellNotices } from '../deployment/notices.ts';
import { originOf } from '../deployment/owner.ts';
import { synthesiseProject } from '../deployment/project.ts';
import { changedSettings, lastRelease } from '../deployment/releases.ts';
import { explain, terraform } from '../deployment/terraform.ts';
import { effects, type PlannedChange, replacements } from '../diff/effects.ts';
import { containerNames, gatherWritten, lossesOf, lossText } from '../diff/losses.ts';
import { gatherDrift } from '../diff/observe.ts';
import { missingImages } from '../images/build.ts';
import { printJson } from '../lib/json.ts';
import { during } from '../lib/live.ts';
import { paint, table } from '../lib/report.ts';

const { common, diff: said } = messages.commands;
const { live } = messages.deployment;

export interface DiffOptions {
  readonly json?: boolean;
}

/**
 * Shows what `deploy` would do to each container, why, and who would notice. Changes nothing.
 * Exit code 0: no changes, 2: changes.
 */
export async function diff(options: DiffOptions): Promise<void> {
  const project = await during(live.reads, () => synthesiseProject());
  const { settings, topology, images, synthesis, notices } = project;
  tellNotices(project);
  const planned: PlannedChange[] = [];
  const [observations, missing, { exitCode, diagnostics }, written] = await during(live.plans, () =>
    Promise.all([
      gatherDrift(project),
      missingImages(images.all),
      terraform(synthesis.folder, ['plan', '-detailed-exitcode'], ({ type, change }) => {
        if (type !== 'planned_change' || !change) return;
        const { action, reason, resource } = change;
        planned.push({ address: resource.addr, action, ...(reason && { reason }) });
      }),
      gatherWritten(topology.project),
    ]),
  );
  if (exitCode === 1) throw explain(topology.project, diagnostics);
  if (exitCode !== 0 && exitCode !== 2) throw new UserError(said.planFailed(exitCode));

  const release = lastRelease(topology.project);
  const isForeign = project.ownership.owner === 'another';
  const history = {
    ...{ settings: changedSettings(release, settings), release },
    ...(images.edition && { edition: images.edition }),
    ...(isForeign && { origin: originOf(project.ownership) }),
  };
  const rows = effects(observations, planned, history, topology);
  const builds = missing.flatMap(({ name, reference, buildName }) =>
    buildName ? [`${name} (${reference})`] : [],
  );
  const again = replacements(observations, planned).map((address) => ({ address, action: 'replace' }));
  const losses = lossesOf(written, [...planned, ...again], containerNames(project));
  const changed = exitCode === 2 || again.length > 0 || builds.length > 0;
  process.exitCode = changed ? 2 : 0;
  if (options.json) {
    printJson({ changed, containers: rows, builds, resources: planned, losses, notices });
    return;
  }
  if (!changed) {
    console.log(`${paint('green', '✓')} ${said.noChanges}`);
    return;
  }
  if (builds.length > 0) console.log(said.imagesToBuild(builds.join(', ')));
  const unchanged = observations
    .map(({ service }) => service.containerName)
    .filter((name) => !rows.some(({ container }) => container === name));
  const lines = rows.map((row) => [row.container, row.effect, row.because.join('\n'), row.outage]);
  console.log(
    table(
      [common.container, said.effect, said.because, said.outage],
      [...lines, ...unchanged.map((name) => [name, said.noEffect, '', ''])],
    ),
  );
  for (const loss of losses) console.log(`${paint('yellow', '!')} ${lossText(loss)}`);
  if (losses.length > 0) console.log(`  ${messages.diff.losses.keep}`);
  const others = planned.length - rows.length;
  const total = rows.length + unchanged.length;
  const command = isForeign ? 'npm run deploy -- --adopt' : 'npm run deploy';
  console.log(
    others > 0
      ? said.containersAndOthersChange(rows.length, total, others, command)
      : said.containersChange(rows.length, total, command),
  );
}
