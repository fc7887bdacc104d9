import { UserError } from '../../stacks/errors.mjs';
import { synthesiseProject } from '../deployment/project.ts';
import { changedSettings, dropRelease, releases, restoreConfiguration } from '../deployment/releases.ts';
import { progress, reportDeployment } from '../deployment/report.ts';
import { apply, terraform } from '../deployment/terraform.ts';
import { paint } from '../lib/report.ts';

export interface RollbackOptions {
  readonly json?: boolean;
}

/** Whether what runs is what the last good deployment made: then going back means one further. */
async function runsAsDeployed(folder: string): Promise<boolean> {
  return (await terraform(folder, ['plan', '-detailed-exitcode'], () => {})).exitCode === 0;
}

/**
 * Returns to the previous good deployment, with its configuration and its images. After a failed deployment that is the
 * last one that became healthy, else the one before it. Settings and sources stay as they are: `diff` shows the way
 * forward again.
 */
export async function rollback(options: RollbackOptions): Promise<void> {
  const startedMs = Date.now();
  const synthesised = await synthesiseProject({ changes: true, anySecrets: true });
  const { settings, topology, synthesis } = synthesised;
  const { project } = topology;
  const { folder } = synthesis;
  const kept = releases(project);
  const last = kept.at(-1);
  if (!last) throw new UserError('There is no earlier deployment to go back to.', 'npm run deploy');
  restoreConfiguration(project, last, folder);
  let target = last;
  if (await runsAsDeployed(folder)) {
    const previous = kept.at(-2);
    if (!previous) throw new UserError(`The deployment of ${last.id} is the first; there is none before it.`);
    target = previous;
    restoreConfiguration(project, previous, folder);
  }
  if (!options.json) console.log(`Going back to the deployment of ${target.id}.`);
  const names = new Map([...synthesis.names, ...Object.entries(target.names ?? {})]);
  await apply(synthesised, [], options.json ? () => {} : progress(names));
  if (target !== last) dropRelease(project, last);
  await reportDeployment(synthesised, options, startedMs);
  const ahead = changedSettings(target, settings);
  if (ahead.length > 0 && !options.json) {
    const list = ahead.map(({ name, to }) => `${name}=${to}`).join(', ');
    const sign = paint('yellow', '!');
    console.log(`${sign} Your settings are still the newer ones (${list}); the next deploy uses them.`);
  }
}
