import { UserError } from '../../stacks/errors.ts';
import { neededImages } from '../../stacks/images.ts';
import { missingImages } from '../lib/images.ts';
import { synthesiseProject } from '../lib/project.ts';
import { changedSettings, lastRelease } from '../lib/releases.ts';
import { paint, table } from '../lib/report.ts';
import { explain, stateFile, terraform } from '../lib/terraform.ts';
import { readDeclared } from '../review/declared.ts';
import { effects, type PlannedChange, replacements } from '../review/effects.ts';
import { gatherDrift } from '../review/facts.ts';

export interface DiffOptions {
  readonly json?: boolean;
}

/**
 * Shows what `deploy` would do to each container, why, and who would notice. Changes nothing.
 * Exit code 0: no changes, 2: changes.
 */
export async function diff(options: DiffOptions): Promise<void> {
  const { settings, images, folder } = await synthesiseProject();
  const project = settings.BTCW_PROJECT;
  const planned: PlannedChange[] = [];
  const [reviewed, missing, { exitCode, diagnostics }] = await Promise.all([
    gatherDrift(readDeclared(folder), stateFile(project)),
    missingImages(neededImages(images, settings)),
    terraform(folder, ['plan', '-detailed-exitcode'], ({ type, change }) => {
      if (type !== 'planned_change' || !change) return;
      const { action, reason, resource } = change;
      planned.push({ address: resource.addr, action, ...(reason && { reason }) });
    }),
  ]);
  if (exitCode === 1) throw explain(project, diagnostics);
  if (exitCode !== 0 && exitCode !== 2)
    throw new UserError(`terraform plan ended with exit code ${exitCode}.`);

  const release = lastRelease(project);
  const settingsChanged = changedSettings(release, settings);
  const deployedImages = new Map(Object.entries(release?.images ?? {}));
  const rows = effects(reviewed, planned, settingsChanged, deployedImages);
  const builds = missing.flatMap(({ key, reference, recipe }) => (recipe ? [`${key} (${reference})`] : []));
  const changed = exitCode === 2 || replacements(reviewed, planned).length > 0 || builds.length > 0;
  process.exitCode = changed ? 2 : 0;
  if (options.json) {
    console.log(JSON.stringify({ changed, containers: rows, builds, resources: planned }, null, 2));
    return;
  }
  if (!changed) {
    console.log(`${paint('green', '✓')} No changes.`);
    return;
  }
  if (builds.length > 0) console.log(`Images to build: ${builds.join(', ')}`);
  const quiet = reviewed
    .map(({ declared }) => declared.name)
    .filter((name) => !rows.some((row) => row.container === name));
  const lines = rows.map((row) => [row.container, row.effect, row.because.join('\n'), row.outage]);
  console.log(
    table(
      ['container', 'effect', 'because', 'outage'],
      [...lines, ...quiet.map((name) => [name, 'none', '', ''])],
    ),
  );
  const others = planned.length - rows.length;
  console.log(
    `${rows.length} of ${reviewed.length} containers change${others > 0 ? `, with ${others} other resources` : ''}. To do it: npm run deploy`,
  );
}
