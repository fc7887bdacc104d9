/** Runs a one-off service to completion; started by Terraform (stacks/constructs/service-container.ts). */
import { UserError } from '../../stacks/errors.mjs';
import type { OneOffSpec } from '../../stacks/topology/one-off-spec.ts';
import { docker, tryDocker } from '../docker/client.ts';

/** @throws {UserError} where it fails, or does not end in time; deploy shows what it has printed */
export async function runOneOff(): Promise<void> {
  const { container, deadlineSec } = JSON.parse(process.env.ONE_OFF ?? '') as OneOffSpec;
  await docker(['start', container], { what: `Starting ${container}` });
  const { stdout, timedOut } = await tryDocker(['wait', container], { timeout: deadlineSec * 1000 });
  if (timedOut) {
    await docker(['stop', container], { what: `Stopping ${container}` });
    throw new UserError(`${container} has not ended within ${deadlineSec} s, and was stopped.`);
  }
  const code = String(stdout).trim();
  if (code !== '0') throw new UserError(`${container} has failed with exit code ${code}.`);
}
