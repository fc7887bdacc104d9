import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { loadProject } from '../deployment/project.ts';
import { renewJwtSecret } from '../deployment/secrets.ts';
import { loadSettings } from '../deployment/settings.ts';
import { ensureState } from '../deployment/state.ts';
import { type DeployOptions, deploy } from './deploy.ts';

const said = messages.commands.logoutAll;

/** Ends every session of an application that signs with JWT_SECRET_FILE, by a deployment with a new secret. */
export async function logoutAll(options: DeployOptions): Promise<void> {
  // Before anything reads it.
  await ensureState(loadSettings().BTCW_PROJECT);
  const { topology, secrets, ownership } = await loadProject({ changes: true });
  if (ownership.owner === 'nobody') throw new UserError(said.nothingRuns(topology.project), 'npm run deploy');
  const isUsed = topology.services.some(({ config }) =>
    config?.files?.some((file) => 'secretFile' in file && file.secretFile === secrets.jwtSecret),
  );
  if (!isUsed) throw new UserError(said.notUsed, said.changeYourKey);
  renewJwtSecret(secrets);
  await deploy(options);
}
