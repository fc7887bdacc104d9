/** Volumes: whose they are, and how large. */
import { docker, tryDocker } from './client.ts';
import { inspect, isOf } from './inspect.ts';

/** Docker looks through every file of every volume for it. */
const SIZE_DEADLINE_MS = 20_000;

/** Those of the volumes that exist and are not the project's, by label or by being used by its containers alone. */
export async function foreignVolumes(names: readonly string[], project: string): Promise<string[]> {
  const volumes = await inspect('volume', names);
  const unlabelled = volumes.filter(({ Labels }) => !isOf(project, Labels)).map(({ Name }) => Name);
  const foreign = await Promise.all(unlabelled.map(async (name) => !(await isUsedBy(project, name))));
  return unlabelled.filter((_, index) => foreign[index]);
}

/** Docker makes a volume without labels where a container names one that is gone. */
async function isUsedBy(project: string, volume: string): Promise<boolean> {
  const ids = await docker(['ps', '--all', '--quiet', '--no-trunc', '--filter', `volume=${volume}`]);
  const users = await inspect('container', ids.split('\n').filter(Boolean));
  return users.length > 0 && users.every(({ Config }) => isOf(project, Config.Labels));
}

/** What volumes hold, as Docker writes it. @example new Map([['btc-watcher-backend-data', '1.2MB']]) */
export async function volumeSizes(): Promise<ReadonlyMap<string, string>> {
  const format = ['--format', '{{json .Volumes}}'];
  const { stdout, exitCode } = await tryDocker(['system', 'df', '--verbose', ...format], {
    timeout: SIZE_DEADLINE_MS,
  });
  if (exitCode !== 0) return new Map();
  const volumes = JSON.parse(String(stdout)) as { Name: string; Size: string }[] | null;
  return new Map((volumes ?? []).map(({ Name, Size }) => [Name, Size]));
}
