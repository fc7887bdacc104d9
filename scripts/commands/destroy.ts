import { createInterface } from 'node:readline/promises';
import { UserError } from '../../stacks/errors.mjs';
import { synthesiseProject } from '../deployment/project.ts';
import { apply } from '../deployment/terraform.ts';
import { findUnknownObjects, removeUnknownObjects } from '../diff/conflicts.ts';
import { projectIds, removeObjects } from '../docker/inspect.ts';
import { paint, secondsSince } from '../lib/report.ts';

export interface DestroyOptions {
  /** Do not ask. */
  readonly yes?: boolean;
}

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UserError('This deletes data, and there is no terminal to ask on.', 'add --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} Type "yes": `);
  terminal.close();
  return answer.trim() === 'yes';
}

/** Removes by label what the state does not know. */
async function removeLeftovers(project: string): Promise<void> {
  for (const kind of ['container', 'volume', 'network'] as const) {
    await removeObjects(kind, await projectIds(kind, project));
  }
}

/** Removes every container, volume and network of the project. Images and secrets stay. */
export async function destroy(options: DestroyOptions): Promise<void> {
  const { topology, synthesis } = await synthesiseProject();
  const { project } = topology;
  const question = `This removes the containers, networks and volumes of "${project}", with the backend's data.`;
  if (!options.yes && !(await confirmed(question))) {
    console.log('Nothing was changed.');
    return;
  }
  const startedMs = Date.now();
  // A container that the state does not know would hold volumes that it does.
  await removeUnknownObjects(await findUnknownObjects(project));
  await apply(project, synthesis.folder, ['-destroy'], () => {});
  await removeLeftovers(project);
  console.log(
    `${paint('green', '✓')} "${project}" is gone (${secondsSince(startedMs)}). Images, secrets/ and .env are kept.`,
  );
}
