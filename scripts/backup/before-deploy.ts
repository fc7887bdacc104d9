/** A backup of a database before its container is replaced. */
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { Service } from '../../stacks/topology/service.ts';
import { root } from '../deployment/host.ts';
import type { SynthesisedProject } from '../deployment/project.ts';
import { terraform } from '../deployment/terraform.ts';
import { projectContainers } from '../docker/containers.ts';
import { bytesText } from '../lib/bytes.ts';
import { timestamp } from '../lib/text.ts';
import { isPostgres, postgresFacts } from './databases.ts';
import { takeDump } from './take.ts';

const said = messages.backup.beforeDeploy;

const KEPT = 5;
/** Room beyond what the databases take, so that the disk is not full afterwards. */
const SPARE_BYTES = 200 * 1000 ** 2;

const folderOf = (project: string): string => join(root, '.backups', project);

/** Those of the archives that are too many, the oldest first. Pure. */
export const surplus = (names: readonly string[], kept = KEPT): string[] =>
  names
    .filter((name) => name.endsWith('.tar'))
    .sort()
    .slice(0, -kept);

/**
 * Dumps PostgreSQL servers into an archive of the package's own folder; a few are kept.
 * @returns its path
 * @throws {UserError} where there is no room for it, or a server gives no dump
 */
export async function keepDump(project: SynthesisedProject, services: readonly Service[]): Promise<string> {
  const folder = folderOf(project.topology.project);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const sizes = await Promise.all(services.map(async (service) => (await postgresFacts(service)).bytes));
  const needed = sizes.reduce((sum, bytes) => sum + bytes, SPARE_BYTES);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < needed) {
    throw new UserError(
      said.noRoom(bytesText(needed), relative(root, folder), bytesText(bavail * bsize)),
      said.noRoomFix,
    );
  }
  const file = join(folder, `${timestamp()}.tar`);
  await takeDump(project, services, file);
  for (const name of surplus(readdirSync(folder))) rmSync(join(folder, name));
  return relative(root, file);
}

/** The PostgreSQL services whose containers run. */
export async function runningPostgres({
  topology,
}: Pick<SynthesisedProject, 'topology'>): Promise<Service[]> {
  const candidates = topology.services.filter(isPostgres);
  if (candidates.length === 0) return [];
  const containers = await projectContainers(topology.project);
  const healthy = containers.filter(({ status, health }) => status === 'running' && health !== 'unhealthy');
  return candidates.filter(({ containerName }) => healthy.some(({ name }) => name === containerName));
}

/**
 * Backs up the databases whose containers a deployment is going to replace.
 * @param args of the deployment's `terraform apply`
 * @returns path of the archive; undefined where none is replaced
 */
export async function backUpReplaced(
  project: SynthesisedProject,
  args: readonly string[],
): Promise<string | undefined> {
  const running = await runningPostgres(project);
  if (running.length === 0 || !existsSync(join(project.synthesis.folder, '.terraform'))) return undefined;
  const replaced = new Set<string>();
  await terraform(project.synthesis.folder, ['plan', ...args], ({ type, change }) => {
    if (type === 'planned_change' && change && change.action !== 'update') replaced.add(change.resource.addr);
  });
  const affected = running.filter(({ name }) =>
    replaced.has(project.synthesis.addresses.get(name)?.container ?? ''),
  );
  return affected.length > 0 ? keepDump(project, affected) : undefined;
}
