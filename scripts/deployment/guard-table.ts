/** The guard's rules in the kernel, which outlive its container for a minute. */
import { guardTable } from '../../stacks/topology/guard.ts';
import { docker, tryDocker } from '../docker/client.ts';

const IMAGE = 'btc-watcher/guard';

/** `docker run` of a program that may change the host's packet filter, as the guard may. */
export const ON_HOST = [
  'run',
  '--rm',
  '--network',
  'host',
  '--user',
  '0:0',
  '--cap-drop',
  'ALL',
  '--cap-add',
  'NET_ADMIN',
];

/**
 * Removes them at once. Not every host has the program: the guard's image has, and where there is none, there was no guard.
 */
export async function removeGuardTable(project: string): Promise<void> {
  const images = await docker(['image', 'ls', '--quiet', '--filter', `reference=${IMAGE}`]);
  const [image] = images.split('\n');
  if (!image) return;
  // It fails where there is no such table.
  await tryDocker([...ON_HOST, '--entrypoint', 'nft', image, 'delete', 'table', 'ip', guardTable(project)]);
}
