import { UserError } from '../../stacks/errors.ts';
import { synthesiseProject } from '../lib/project.ts';
import { paint } from '../lib/report.ts';
import { explain, resourceNames, terraform } from '../lib/terraform.ts';

export interface DiffOptions {
  readonly json?: boolean;
}

/** One planned change. */
interface Change {
  readonly address: string;
  readonly name: string;
  readonly action: string;
}

const SIGNS: Record<string, string> = { create: '+', update: '~', replace: '±', delete: '-' };

/** Shows what `deploy` would change, and changes nothing. Exit code 0: no changes, 2: changes. */
export async function diff(options: DiffOptions): Promise<void> {
  const { settings, folder } = await synthesiseProject();
  const nameOf = resourceNames(folder);
  const changes: Change[] = [];
  const { exitCode, diagnostics } = await terraform(
    folder,
    ['plan', '-detailed-exitcode'],
    ({ type, change }) => {
      if (type !== 'planned_change' || !change) return;
      const address = change.resource.addr;
      changes.push({ address, name: nameOf(address) ?? '', action: change.action });
    },
  );
  if (exitCode === 1) throw explain(settings.BTCW_PROJECT, diagnostics);
  if (exitCode !== 0 && exitCode !== 2)
    throw new UserError(`terraform plan ended with exit code ${exitCode}.`);
  process.exitCode = exitCode;
  if (options.json) {
    console.log(JSON.stringify({ changes }, null, 2));
    return;
  }
  if (exitCode === 0) {
    console.log(`${paint('green', '✓')} No changes.`);
    return;
  }
  for (const { action, name } of changes)
    if (name) console.log(`  ${SIGNS[action] ?? action} ${name}: ${action}`);
  console.log(`${changes.length} changes; npm run deploy makes them.`);
}
