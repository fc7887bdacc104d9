import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { holdsData } from '../../stacks/topology/service.ts';
import { removeGuardTable } from '../deployment/guard-table.ts';
import { removeMarker } from '../deployment/owner.ts';
import { synthesiseProject } from '../deployment/project.ts';
import { progress } from '../deployment/report.ts';
import { apply } from '../deployment/terraform.ts';
import { findUnknownObjects, removeUnknownObjects } from '../diff/conflicts.ts';
import { projectIds, removeObjects } from '../docker/inspect.ts';
import { volumeSizes } from '../docker/volumes.ts';
import { askOnTerminal } from '../lib/confirm.ts';
import { paint, secondsSince } from '../lib/report.ts';

const { common, destroy: said } = messages.commands;

export interface DestroyOptions {
  /** Do not ask. */
  readonly yes?: boolean;
  /** Remove the volumes with data, too. */
  readonly volumes?: boolean;
  /** Also what another checkout has deployed. */
  readonly adopt?: boolean;
}

function confirmed(question: string): Promise<boolean> {
  const ask = askOnTerminal();
  if (ask) return ask(question);
  throw new UserError(said.noTerminal, common.addYes);
}

/** Removes by label what the state does not know. Volumes with data only where that is wanted. */
async function removeLeftovers(project: string, withData: boolean): Promise<void> {
  for (const kind of ['container', 'volume', 'network'] as const) {
    const ids = await projectIds(kind, project);
    await removeObjects(kind, kind === 'volume' && !withData ? ids.filter((name) => !holdsData(name)) : ids);
  }
}

/** The project's volumes with data, each with its size. @example ['btc-watcher-backend-data (1.2MB)'] */
async function describeData(project: string): Promise<string[]> {
  const [names, sizes] = await Promise.all([projectIds('volume', project), volumeSizes()]);
  return names.filter(holdsData).map((name) => `${name} (${sizes.get(name) ?? said.sizeUnknown})`);
}

/** Removes every container and network of the project, and its volumes where that is wanted. Images and secrets stay. */
export async function destroy({ yes, volumes = false, adopt = false }: DestroyOptions): Promise<void> {
  const synthesised = await synthesiseProject({ changes: true, adopt, anySecrets: true });
  const { project } = synthesised.topology;
  const data = await describeData(project);
  const list = data.length > 0 ? data.join(', ') : said.dataNone;
  const question = volumes ? said.removesWithData(project, list) : said.removes(project, list);
  if (!yes && !(await confirmed(question))) {
    console.log(common.nothingChanged);
    return;
  }
  const startedMs = Date.now();
  // A container that the state does not know would hold volumes that it does.
  await removeUnknownObjects(await findUnknownObjects(project));
  await apply(synthesised, ['-destroy'], progress(synthesised.synthesis.names));
  await removeLeftovers(project, volumes);
  await Promise.all([removeMarker(project), removeGuardTable(project)]);
  console.log(`${paint('green', '✓')} ${said.gone(project, secondsSince(startedMs))}`);
  if (volumes || data.length === 0) console.log(`  ${said.kept}`);
  else {
    console.log(`  ${said.keptWithData(list)}`);
    console.log(`  ${said.removeData}`);
  }
}
