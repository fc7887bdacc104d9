/** The files of an archive that settings are made of, put where they are read. */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { secretsFolder } from '../../stacks/topology/secrets.ts';
import { root } from '../deployment/host.ts';
import { writeSecret } from '../deployment/secrets.ts';
import { type Manifest, membersOf } from './manifest.ts';

const isSame = (one: string, other: string): boolean => readFileSync(one).equals(readFileSync(other));

export interface PlacedFiles {
  /** Where there was none. */
  readonly written: readonly string[];
  /** Those that are here with another content: they stay. */
  readonly differing: readonly string[];
}

/** Puts files where there are none. @param folder of the unpacked archive */
export function placeFiles(manifest: Manifest, folder: string): PlacedFiles {
  const written: string[] = [];
  const differing: string[] = [];
  for (const { path, target, mode } of membersOf(manifest, 'file')) {
    const [source, file] = [join(folder, path), resolve(root, target)];
    if (existsSync(file)) {
      if (!isSame(source, file)) differing.push(target);
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(source, file);
    chmodSync(file, mode);
    written.push(file);
  }
  return { written, differing };
}

/** Takes back what {@link placeFiles} did. */
export function removeFiles({ written }: PlacedFiles): void {
  for (const file of written) rmSync(file, { force: true });
}

/** Names of the secrets that are here with another content. */
export const differingSecrets = (manifest: Manifest, folder: string): string[] =>
  membersOf(manifest, 'secret')
    .filter(({ path, name }) => {
      const file = join(secretsFolder(manifest.project, root), name);
      return existsSync(file) && !isSame(join(folder, path), file);
    })
    .map(({ name }) => name);

export function placeSecrets(manifest: Manifest, folder: string): void {
  for (const { path, name } of membersOf(manifest, 'secret')) {
    writeSecret(join(secretsFolder(manifest.project, root), name), readFileSync(join(folder, path), 'utf8'));
  }
}
