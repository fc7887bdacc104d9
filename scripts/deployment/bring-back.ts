/** Applies the deployment that a release has kept. */
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { explainFailure, requireHealthy } from './health.ts';
import type { SynthesisedProject } from './project.ts';
import { markFailed, type RestoredSecrets, restoreSecrets } from './release-secrets.ts';
import { markDeployed, type Release, releaseTime } from './releases.ts';
import { apply, type TerraformEvent } from './terraform.ts';
import { InterruptedError } from './terraform-process.ts';

const said = messages.deployment.bringBack;

/**
 * Brings a release back whose configuration is where terraform runs.
 * @throws {UserError} where it cannot be applied or is not healthy; then it is offered no more
 */
export async function bringBack(
  synthesised: SynthesisedProject,
  release: Release,
  show: (event: TerraformEvent) => void,
): Promise<RestoredSecrets> {
  const { project } = synthesised.topology;
  const secrets = restoreSecrets(synthesised, release);
  try {
    await apply(synthesised, [], show);
    await requireHealthy(project);
    markDeployed(project, release);
    return secrets;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    // What has a fix of its own, such as a lock, says nothing of the release.
    const fix = error instanceof UserError ? error.fix : undefined;
    if (!fix) markFailed(project, release);
    throw new UserError(
      said.cannot(releaseTime(release), await explainFailure(synthesised, error)),
      fix ?? said.doctorSays,
    );
  }
}
