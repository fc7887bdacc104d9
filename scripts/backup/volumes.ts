/** The files of volumes: through a container of its own, which has the volume and nothing else. */
import { createReadStream } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { messages } from '../../messages/index.ts';
import { tryDocker } from '../docker/client.ts';
import { feedIn } from '../docker/stream.ts';
import { execaSync } from '../lib/execa.ts';
import { withUndo } from '../lib/scratch.ts';
import type { MemberOf } from './manifest.ts';

const said = messages.backup.volumes;

/** What reading, writing and owning other users' files takes. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID'].flatMap((name) => ['--cap-add', name]);

/** @param image any with a shell and tar */
function helper(image: string, volume: string, script: string, ...args: string[]): string[] {
  const limits = ['--network', 'none', '--user', '0:0', '--security-opt', 'no-new-privileges', '--read-only'];
  const mount = ['--mount', `type=volume,source=${volume},target=/volume,volume-nocopy`];
  const program = ['--workdir', '/volume', '--entrypoint', '/bin/sh', image, '-euc', script, 'sh', ...args];
  return ['run', '--rm', '-i', ...limits, '--cap-drop', 'ALL', ...CAPABILITIES, ...mount, ...program];
}

/** The command that prints a volume's files as tar. Files may change meanwhile: that is exit code 1, and no failure. */
export const readVolumeFiles = (image: string, volume: string): string[] =>
  helper(image, volume, 'tar --numeric-owner -cf - . || [ $? = 1 ]');

/** Prints the names of SQLite databases in a volume: their files belong together. */
export const findSqlite = (image: string, volume: string): string[] =>
  helper(
    image,
    volume,
    "find . -type f '(' -name '*-wal' -o -name '*.db' -o -name '*.sqlite*' ')' | head -n 1",
  );

const PAUSE_ATTEMPTS = 5;

/** The engine cannot freeze a container in which a process is just being started, such as a health check. */
async function isPaused(container: string): Promise<boolean> {
  for (let attempt = 1; attempt <= PAUSE_ATTEMPTS; attempt += 1) {
    if ((await tryDocker(['pause', container])).exitCode === 0) return true;
    await pause(attempt * 200);
  }
  return false;
}

/**
 * Does something while containers stand still: what they write is then of one moment.
 * @returns those of them that could not be stopped, and went on meanwhile
 */
export async function whilePaused(
  containers: readonly string[],
  work: () => Promise<void>,
): Promise<readonly string[]> {
  const moving: string[] = [];
  const go = () => containers.map((name) => execaSync('docker', ['unpause', name], { reject: false }));
  await withUndo(go, async () => {
    for (const container of containers) if (!(await isPaused(container))) moving.push(container);
    await work();
  });
  return moving;
}

const EMPTY = 'find . -mindepth 1 -delete';

/** Replaces what is in a volume. @param file tar, compressed */
export const fillVolume = (image: string, volume: string, file: string): Promise<void> =>
  feedIn(
    said.filling(volume),
    helper(image, volume, `${EMPTY}; tar --numeric-owner -xpf -`),
    createReadStream(file),
    [createGunzip()],
  );

/**
 * Replaces what is in a Redis's volume, in both forms: the file that is read without its log of changes, and a log
 * that begins with it.
 */
export function fillRedis(
  image: string,
  volume: string,
  { folder, owner }: Pick<MemberOf<'redis'>, 'folder' | 'owner'>,
  file: string,
): Promise<void> {
  const log = 'appendonlydir/appendonly.aof';
  const script = `${EMPTY}; mkdir -p "$1"; cd "$1"; cat >dump.rdb; mkdir appendonlydir
    cp dump.rdb ${log}.1.base.rdb; echo 'file appendonly.aof.1.base.rdb seq 1 type b' >${log}.manifest
    chown -R "$2" /volume; chmod 0700 . appendonlydir`;
  return feedIn(said.filling(volume), helper(image, volume, script, folder, owner), createReadStream(file));
}

/** Empties a volume, whose service makes its data anew. */
export const emptyVolume = (image: string, volume: string): string[] => helper(image, volume, EMPTY);
