import { UserError } from '../../stacks/errors.ts';
import { synthesiseProject } from '../lib/project.ts';
import { changedSettings, dropRelease, releases, restoreConfiguration } from '../lib/releases.ts';
import { paint } from '../lib/report.ts';
import { apply, terraform } from '../lib/terraform.ts';
import { type DeployOptions, progress, report } from './deploy.ts';

/** Whether what runs is what the last good deployment made: then going back means one further. */
async function runsAsDeployed(folder: string): Promise<boolean> {
  return (await terraform(folder, ['plan', '-detailed-exitcode'], () => {})).exitCode === 0;
}

/**
 * Returns to the previous good deployment, with its configuration and its images. After a failed deployment that is the
 * last one that became healthy, else the one before it. Settings and sources stay as they are: `diff` shows the way
 * forward again.
 */
export async function rollback(options: Pick<DeployOptions, 'json'>): Promise<void> {
  const startedMs = Date.now();
  const project = await synthesiseProject();
  const { settings, folder } = project;
  const kept = releases(settings.BTCW_PROJECT);
  const last = kept.at(-1);
  if (!last) throw new UserError('There is no earlier deployment to go back to.', 'npm run deploy');
  restoreConfiguration(settings.BTCW_PROJECT, last, folder);
  let target = last;
  if (await runsAsDeployed(folder)) {
    const previous = kept.at(-2);
    if (!previous) throw new UserError(`The deployment of ${last.id} is the first; there is none before it.`);
    target = previous;
    restoreConfiguration(settings.BTCW_PROJECT, previous, folder);
  }
  if (!options.json) console.log(`Going back to the deployment of ${target.id}.`);
  await apply(settings.BTCW_PROJECT, folder, [], options.json ? () => {} : progress(folder));
  if (target !== last) dropRelease(settings.BTCW_PROJECT, last);
  await report(project, options, startedMs);
  const ahead = changedSettings(target, settings);
  if (ahead.length > 0 && !options.json) {
    const list = ahead.map(({ name, to }) => `${name}=${to}`).join(', ');
    console.log(
      `${paint('yellow', '!')} Your settings are still the newer ones (${list}); the next deploy uses them.`,
    );
  }
}
