/** Archives: a tar file with a manifest first, written aside and moved to its name when it is whole. */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { readOut } from '../docker/stream.ts';
import { bytesText } from '../lib/bytes.ts';
import { Checksum } from '../lib/checksum.ts';
import { execa } from '../lib/execa.ts';
import { during, type Note } from '../lib/live.ts';
import { commandError } from '../lib/programs.ts';
import { writeTar } from '../lib/tar.ts';
import {
  MANIFEST,
  type Manifest,
  type Member,
  type PlannedMember,
  readManifest,
  writeManifest,
} from './manifest.ts';

const said = messages.backup.archive;

const FOLDERS = ['databases', 'volumes', 'secrets', 'files'];

/** What is going to be an archive, in a folder. */
export class ArchiveWriter {
  private readonly members: Member[] = [];
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    for (const name of FOLDERS) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  }

  private async add(
    planned: PlannedMember,
    write: (checksum: Checksum, file: NodeJS.WritableStream) => Promise<void>,
    note: Note = () => {},
  ): Promise<void> {
    const checksum = new Checksum((size) => note(bytesText(size)));
    await write(checksum, createWriteStream(join(this.folder, planned.path), { mode: 0o600, flags: 'wx' }));
    this.members.push({ ...planned, size: checksum.size, sha256: checksum.sha256 } as Member);
  }

  /** @param through what the output passes through, such as a compression */
  addOutput(
    planned: PlannedMember,
    what: string,
    args: readonly string[],
    { input, through = [] }: { input?: string; through?: readonly Duplex[] } = {},
  ): Promise<void> {
    return during(what, (note) =>
      this.add(
        planned,
        (checksum, file) =>
          readOut(what, args, [...through, checksum, file as NodeJS.WritableStream & Duplex], input),
        note,
      ),
    );
  }

  addFile(planned: PlannedMember, source: string): Promise<void> {
    return this.add(planned, (checksum, file) => pipeline(createReadStream(source), checksum, file));
  }

  /**
   * Writes the archive: readable by this user alone, and there as a whole or not at all.
   * @returns its manifest
   */
  async write(
    file: string,
    content: Omit<Manifest, 'format' | 'schemaVersion' | 'members'>,
  ): Promise<Manifest> {
    const text = writeManifest({ ...content, members: this.members });
    writeFileSync(join(this.folder, MANIFEST), text, { mode: 0o600 });
    try {
      await writeTar(file, this.folder, [MANIFEST, ...this.members.map(({ path }) => path)], 0o600);
    } catch (error) {
      throw commandError(said.cannotWrite(file), error, said.cannotWriteFix);
    }
    return readManifest(text, file);
  }
}

const cutShort = (file: string, why: string) => new UserError(said.damaged(file, why), said.damagedFix);

/** Whether a file begins as archives of this package do, which have their manifest first. */
function beginsWithManifest(file: string): boolean {
  const name = Buffer.alloc(MANIFEST.length + 1);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, name);
  closeSync(descriptor);
  return name.toString() === `${MANIFEST}\0`;
}

/** @throws {UserError} for a file that is no archive of this package, or that is cut short in its manifest */
export async function archiveManifest(file: string): Promise<Manifest> {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) throw new UserError(said.noFile(file));
  // Of a pipe or a device, tar might wait for ever.
  if (!stats.isFile()) throw new UserError(said.noBackup(file));
  const { exitCode, stdout } = await execa('tar', ['-xOf', file, MANIFEST], { reject: false });
  if (exitCode === 0) return readManifest(stdout, file);
  if (stdout === '' && !beginsWithManifest(file)) throw new UserError(said.noBackup(file));
  try {
    return readManifest(stdout, file);
  } catch {
    throw cutShort(file, said.cutManifest(MANIFEST));
  }
}

async function checksumOf(path: string): Promise<{ size: number; sha256: string }> {
  const checksum = new Checksum();
  await pipeline(createReadStream(path), checksum.resume());
  return { size: checksum.size, sha256: checksum.sha256 };
}

/**
 * Unpacks an archive, and checks every file of it.
 * @param folder where to; nothing but the members of the manifest gets there
 * @throws {UserError} where one is missing or not what it was
 */
export async function unpackArchive(file: string, folder: string): Promise<Manifest> {
  const manifest = await archiveManifest(file);
  const names = manifest.members.map(({ path }) => path);
  if (names.length > 0) {
    const args = ['-xf', file, '-C', folder, '--no-same-owner', ...names];
    const { exitCode, stderr } = await execa('tar', args, { reject: false });
    if (exitCode !== 0) throw cutShort(file, stderr.split('\n')[0] ?? said.tarFails);
  }
  for (const { path, size, sha256 } of manifest.members) {
    const unpacked = join(folder, path);
    if (!lstatSync(unpacked, { throwIfNoEntry: false })?.isFile())
      throw cutShort(file, said.memberMissing(path));
    const found = await checksumOf(unpacked);
    if (found.size !== size || found.sha256 !== sha256) throw cutShort(file, said.otherChecksum(path));
  }
  return manifest;
}
