/** Writes a bundle: parts one by one into a folder beside it, and the whole of them at once. */
import {
  closeSync,
  cpSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { Settings } from '../../stacks/settings/definitions.ts';
import { frpImage } from '../../stacks/topology/frps.ts';
import { versionOf } from '../bootstrap/argv.mjs';
import {
  FORMAT,
  MANIFEST,
  type Manifest,
  PARTS,
  type Part,
  SCHEMA_VERSION,
  SIGNATURE,
  sourceDigest,
} from '../bootstrap/bundle.mjs';
import { ensureEngine, ensureProvider, providerPlaces } from '../bootstrap/engine.mjs';
import { ARCHITECTURE, ARCHITECTURES, type Architecture } from '../bootstrap/environment.mjs';
import { ensurePackages } from '../bootstrap/packages.mjs';
import { readOut } from '../docker/stream.ts';
import { addContent } from '../images/content.ts';
import { bytesText } from '../lib/bytes.ts';
import { Checksum } from '../lib/checksum.ts';
import { ExecaError, execa } from '../lib/execa.ts';
import { asideOf } from '../lib/files.ts';
import { type Note, step } from '../lib/live.ts';
import { commandError } from '../lib/programs.ts';
import { withScratch } from '../lib/scratch.ts';
import { writeTar } from '../lib/tar.ts';
import type { SigningKey } from './key.ts';

const said = messages.commands.bundle;
const { files } = messages.lib;
const { archive } = messages.backup;

/** As ELF has them. https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
const ELF_MACHINES: Readonly<Record<Architecture, number>> = { amd64: 62, arm64: 183 };
const ELF_HEADER_BYTES = 20;
const ELF_MACHINE_AT = 18;

export interface BundleContent {
  readonly settings: Settings;
  /** Names of all images, which are on this host. */
  readonly images: readonly string[];
  readonly edition?: string;
}

/** @throws {UserError} for a script, as those are that choose among several versions */
function requireProgram(file: string): void {
  const header = Buffer.alloc(ELF_HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, header);
  closeSync(descriptor);
  const isElf = header.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'));
  if (isElf && header.readUInt16LE(ELF_MACHINE_AT) === ELF_MACHINES[ARCHITECTURE]) return;
  throw new UserError(said.noProgram(file, ARCHITECTURE), said.noProgramFix);
}

const packed = (): Duplex => createGzip({ level: constants.Z_BEST_SPEED });

class BundleWriter {
  readonly parts: Part[] = [];
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Shows a part as it is written. @param write hands all of it to the streams, the last of which takes it */
  async add(
    path: string,
    write: (streams: (Duplex | Writable)[], note: Note) => Promise<void>,
  ): Promise<void> {
    await step(said.part(path), async (note) => {
      const checksum = new Checksum((size) => note(bytesText(size)));
      // Opened at once: what fails before it is written to leaves nothing that would be opened later.
      const file = createWriteStream('', { fd: openSync(join(this.folder, path), 'wx') });
      try {
        await write([...(path.endsWith('.gz') ? [packed()] : []), checksum, file], note);
      } finally {
        file.destroy();
      }
      this.parts.push({ path, size: checksum.size, sha256: checksum.sha256 });
      return bytesText(checksum.size);
    });
  }

  addFile(path: string, source: string): Promise<void> {
    return this.add(path, (streams) => pipeline([createReadStream(source) as Readable, ...streams]));
  }

  /** A folder that is made for it, under its own name. */
  async addFolder(path: string, make: (parent: string, note: Note) => Promise<string>): Promise<void> {
    const parent = join(this.folder, 'work');
    mkdirSync(parent);
    await this.add(path, async (streams, note) => {
      const name = await make(parent, note);
      const child = execa('tar', ['-cf', '-', '-C', parent, name], { buffer: { stdout: false } });
      await Promise.all([pipeline([child.stdout as Readable, ...streams]), child]);
    });
  }
}

/** What npm installs for deploying, and nothing that is in this checkout's own folder. */
async function installPackages(root: string, parent: string, note: Note): Promise<string> {
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(root, name), join(parent, name));
  await ensurePackages(parent, false, note);
  return 'node_modules';
}

/** frps for a server: the program of the embedded one, which needs nothing beside it. */
async function buildServer(settings: Settings, architecture: Architecture, folder: string, note: Note) {
  const source = frpImage('frps', settings);
  const content = source.kind === 'dockerfile' ? source.content : undefined;
  const program = content?.find(({ kind, to }) => kind === 'go' && to === 'frps');
  if (!program) throw new Error('frps is not built.');
  await addContent({ ...program, to: `frps-${architecture}` }, folder, architecture, note);
}

async function writeParts(writer: BundleWriter, root: string, folder: string, content: BundleContent) {
  const nothing = () => {};
  const { value: engine } = await ensureEngine(root, nothing);
  await ensureProvider(root, engine, nothing);
  requireProgram(engine);
  await writer.addFile(basename(engine) === 'tofu' ? PARTS.tofu : PARTS.terraform, engine);
  const provider = providerPlaces();
  if (existsSync(provider.file)) await writer.addFile(PARTS.provider, provider.file);
  else await writer.addFile(PARTS.packedProvider, provider.packed);
  await writer.addFolder(PARTS.packages, (parent, note) => installPackages(root, parent, note));
  for (const architecture of Object.values(ARCHITECTURES)) {
    const name = `frps-${architecture}`;
    await writer.add(`${name}.gz`, async (streams, note) => {
      await buildServer(content.settings, architecture, folder, note);
      await pipeline([createReadStream(join(folder, name)) as Readable, ...streams]);
    });
  }
  await writer.add(PARTS.images, (streams) => readOut(said.saving, ['save', ...content.images], streams));
}

/** What a full disk makes of it, as what the user can do. */
function explained(file: string, error: unknown): unknown {
  if (error instanceof ExecaError)
    return commandError(archive.cannotWrite(file), error, archive.cannotWriteFix);
  const { code, message } = error as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return isFull ? new UserError(files.cannotWrite(file, message), files.makeRoom) : error;
}

/**
 * Writes a bundle of this checkout, there as a whole or not at all. Needs twice its size of room beside it meanwhile.
 * @param file absolute, a new one
 * @returns what it says of itself
 */
export async function writeBundle(
  root: string,
  file: string,
  content: BundleContent,
  key: SigningKey,
): Promise<Manifest> {
  return withScratch(asideOf(file), async (folder) => {
    try {
      const writer = new BundleWriter(folder);
      await writeParts(writer, root, folder, content);
      const manifest: Manifest = {
        format: FORMAT,
        schemaVersion: SCHEMA_VERSION,
        version: versionOf(root, readFileSync(join(root, 'package.json'), 'utf8')),
        source: sourceDigest(root),
        arch: ARCHITECTURE,
        ...(content.edition && { edition: content.edition }),
        images: [...content.images],
        publicKey: key.publicKey,
        parts: writer.parts,
      };
      const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
      writeFileSync(join(folder, MANIFEST), text);
      writeFileSync(join(folder, SIGNATURE), `${key.sign(text)}\n`);
      const names = [MANIFEST, SIGNATURE, ...writer.parts.map(({ path }) => path)];
      await writeTar(file, folder, names, 0o644);
      return manifest;
    } catch (error) {
      throw explained(file, error);
    }
  });
}
