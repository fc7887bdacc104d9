/** What is lost with containers that are replaced or removed: files outside their volumes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { SynthesisedProject } from '../deployment/project.ts';
import { lastRelease } from '../deployment/releases.ts';
import { terraform } from '../deployment/terraform.ts';
import { inspect, nameOf, projectIds } from '../docker/inspect.ts';
import { writtenIn } from '../docker/written.ts';
import type { PlannedChange } from './effects.ts';

const said = messages.diff.losses;

/** A container, and the files that it alone has. */
export interface Loss {
  readonly container: string;
  readonly files: readonly string[];
}

const SHOWN = 5;

/** The files of each container of a project that has any outside its volumes. */
export async function gatherWritten(project: string): Promise<Loss[]> {
  const containers = await inspect('container', await projectIds('container', project));
  const losses = await Promise.all(
    containers.map(async (container) => ({
      container: nameOf(container),
      files: await writtenIn(container),
    })),
  );
  return losses.filter(({ files }) => files.length > 0);
}

/** @param names of containers by their addresses. Pure. */
export function lossesOf(
  written: readonly Loss[],
  planned: readonly PlannedChange[],
  names: ReadonlyMap<string, string>,
): Loss[] {
  const gone = new Set(
    planned
      .filter(({ action }) => action === 'replace' || action === 'delete')
      .map(({ address }) => names.get(address)),
  );
  return written.filter(({ container }) => gone.has(container));
}

/** @example 'x-backend has 2 files outside its volumes, gone when it is replaced: /app/a, /app/b' */
export function lossText({ container, files }: Loss): string {
  const shown = files.slice(0, SHOWN).join(', ');
  const more = files.length - SHOWN;
  return more > 0
    ? said.filesAndMore(container, files.length, shown, more)
    : said.files(container, files.length, shown);
}

/** The containers' names by their addresses, of what is declared and of what was deployed last. */
export const containerNames = ({ topology, synthesis }: SynthesisedProject): Map<string, string> =>
  new Map([...Object.entries(lastRelease(topology.project)?.names ?? {}), ...synthesis.names]);

/**
 * What a deployment would lose; nothing is planned where no container has such files.
 * @param args of its `terraform apply`
 */
export async function gatherLosses(project: SynthesisedProject, args: readonly string[]): Promise<Loss[]> {
  const { folder } = project.synthesis;
  const written = await gatherWritten(project.topology.project);
  if (written.length === 0 || !existsSync(join(folder, '.terraform'))) return [];
  const planned: PlannedChange[] = [];
  await terraform(folder, ['plan', ...args], ({ type, change }) => {
    if (type === 'planned_change' && change) {
      planned.push({ address: change.resource.addr, action: change.action });
    }
  });
  return lossesOf(written, planned, containerNames(project));
}

/** @throws {UserError} where files would be lost and nobody has agreed to it */
export async function requireConsent(
  losses: readonly Loss[],
  discard: boolean,
  ask: ((question: string) => Promise<boolean>) | undefined,
): Promise<void> {
  if (losses.length === 0 || discard) return;
  const what = losses.map(lossText).join('\n');
  if (ask && (await ask(said.discard(what)))) return;
  throw new UserError(said.nothingChanged(what), said.keepOrDiscard);
}
