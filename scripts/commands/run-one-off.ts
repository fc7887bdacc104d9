/** Runs a one-off service to completion; started by Terraform (stacks/constructs/service-container.ts). */
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { OneOffSpec } from '../../stacks/topology/one-off-spec.ts';
import { docker, tryDocker } from '../docker/client.ts';
import { fromTerraform } from '../lib/environment.ts';

const said = messages.commands.runOneOff;

/** @throws {UserError} where it fails, or does not end in time; deploy shows what it has printed */
export async function runOneOff(): Promise<void> {
  const { container, deadlineSec } = fromTerraform('ONE_OFF') as OneOffSpec;
  await docker(['start', container], { what: said.starting(container) });
  const { stdout, timedOut } = await tryDocker(['wait', container], { timeout: deadlineSec * 1000 });
  if (timedOut) {
    await docker(['stop', container], { what: said.stopping(container) });
    throw new UserError(said.notEnded(container, deadlineSec));
  }
  const code = String(stdout).trim();
  if (code !== '0') throw new UserError(said.failed(container, code));
}
