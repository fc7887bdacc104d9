/** Reads files of containers and volumes: through `docker cp`, so that contents are in no argument and no environment. */
import { execa } from '../lib/execa.ts';
import { docker, tryDocker } from './client.ts';
import { inspect } from './inspect.ts';

const READ_DEADLINE_MS = 10_000;

/** The contents of files, by their paths. */
export type Folder = ReadonlyMap<string, string>;

/**
 * Reads the files of a container's folder, which need not run for it.
 * @returns their contents by path; undefined where they cannot be read
 */
export async function readFolder(container: string, path: string): Promise<Folder | undefined> {
  const copied = await tryDocker(['cp', `${container}:${path}/.`, '-'], {
    encoding: 'buffer',
    timeout: READ_DEADLINE_MS,
  });
  if (copied.exitCode !== 0) return undefined;
  const archive = copied.stdout as unknown as Uint8Array;
  const list = await execa('tar', ['-tf', '-'], { input: archive });
  const paths = list.stdout.split('\n').filter((name) => name !== '' && !name.endsWith('/'));
  const contents = await Promise.all(
    paths.map(async (name) => {
      const { stdout } = await execa('tar', ['-xOf', '-', name], {
        input: archive,
        stripFinalNewline: false,
      });
      return [name.replace(/^\.\//, ''), stdout] as const;
    }),
  );
  return new Map(contents);
}

/**
 * Reads the files of a volume whose container is gone, through another that is never started.
 * @param image any that the engine has
 * @returns undefined where there is no such volume
 */
export async function readVolume(volume: string, image: string): Promise<Folder | undefined> {
  if ((await inspect('volume', [volume])).length === 0) return undefined;
  const mount = ['--mount', `type=volume,source=${volume},target=/volume,readonly,volume-nocopy`];
  const id = await docker(['create', '--network', 'none', ...mount, image, 'true']);
  try {
    return await readFolder(id, '/volume');
  } finally {
    await docker(['rm', '--force', '--volumes', id]);
  }
}
