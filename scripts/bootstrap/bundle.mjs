// What a bundle is, and how one is checked and read: a tar file with all that `up` needs on a machine without a network.
// Plain JavaScript without dependencies: the npm packages are in it. docs/offline.md, docs/decisions/0020-bundle.md
import { spawn } from 'node:child_process';
import { createHash, createPublicKey, verify } from 'node:crypto';
import {
  createWriteStream,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messages } from '../../messages/bootstrap.mjs';
import { UserError } from '../../stacks/errors.mjs';
import { versionOf } from './argv.mjs';
import { digestOf, filesBelow } from './digest.mjs';
import { ARCHITECTURE, programEnvironment } from './environment.mjs';
import { withUmask } from './step.mjs';

const said = messages.bundle;

export const FORMAT = 'btc-watcher-bundle';
/** A reader refuses a later one. */
export const SCHEMA_VERSION = 1;
/** Names in the tar file: what is in it, and the Ed25519 signature of that, in base64. */
export const MANIFEST = 'manifest.json';
export const SIGNATURE = 'manifest.sig';
/** What each part is called. Of engine and provider there is one of the two. */
export const PARTS = {
  images: 'images.tar.gz',
  packages: 'packages.tar.gz',
  terraform: 'terraform.gz',
  tofu: 'tofu.gz',
  provider: 'provider.gz',
  packedProvider: 'provider.zip',
};
/** Far more than a manifest has. */
const MOST_BYTES = 1024 ** 2;
/** What decides images, packages and programs, and what is made there while they are built. */
const SOURCES = ['assets', 'scripts', 'stacks', 'package-lock.json'];
const MADE = /^(node_modules|dist|\..*)$/;

/**
 * @typedef {object} Part
 * @property {string} path in the tar file
 * @property {number} size bytes
 * @property {string} sha256
 */

/**
 * @typedef {object} Manifest
 * @property {string} format
 * @property {number} schemaVersion
 * @property {string} version of this package, for people
 * @property {string} source digest of the files of this package
 * @property {string} arch such as amd64
 * @property {string} [edition] of the images, where they were renewed
 * @property {string[]} images their names
 * @property {string} publicKey that it is signed with: SPKI, DER, base64
 * @property {Part[]} parts
 */

/** Where this user's keys are: of no project, and of no checkout. */
export const keyFolder = () => join(homedir(), '.config/btc-watcher');
const pinFile = () => join(keyFolder(), 'bundle-trusted.pub');

/** @param {Buffer} publicKey SPKI, DER @returns {string} its SHA-256, as `openssl pkey -pubin -outform DER | sha256sum` gives it */
export const fingerprintOf = (publicKey) => createHash('sha256').update(publicKey).digest('hex');

/** A digest of the files of this package that decide what is in a bundle. @param {string} root @returns {string} */
export const sourceDigest = (root) =>
  digestOf(
    root,
    SOURCES.flatMap((path) => filesBelow(join(root, path), (name) => !MADE.test(name))),
  );

/**
 * Reads a member of a tar file, as it comes. What is cut short ends early: its checksum tells.
 * @param {string} file absolute @param {string} name
 */
export function member(file, name) {
  const env = programEnvironment();
  const child = spawn('tar', ['-xOf', file, '--', name], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  child.once('error', (error) => child.stdout.destroy(error));
  return child.stdout;
}

/** @param {string} file @param {string} name @returns {Promise<Buffer>} of a small member */
async function readSmall(file, name) {
  const chunks = [];
  let size = 0;
  for await (const chunk of member(file, name)) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new UserError(said.noBundle(file));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @param {Buffer} text @param {string} file @returns {Manifest} */
function parse(text, file) {
  let content;
  try {
    content = JSON.parse(text.toString());
  } catch {
    throw new UserError(said.noBundle(file));
  }
  if (content?.format !== FORMAT) throw new UserError(said.noBundle(file));
  if (content.schemaVersion > SCHEMA_VERSION) throw new UserError(said.later(file));
  return content;
}

/** Only says what a bundle says of itself. @param {string} file @returns {Promise<Manifest>} */
export const readManifest = async (file) => parse(await readSmall(file, MANIFEST), file);

/** @param {string | Buffer} text PEM, or base64 of DER @returns {Buffer} SPKI, DER @throws {Error} where it is no Ed25519 key */
function publicKeyIn(text) {
  const pem = String(text);
  const key = createPublicKey(
    pem.includes('-----') ? pem : { key: Buffer.from(pem, 'base64'), format: 'der', type: 'spki' },
  );
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(String(key.asymmetricKeyType));
  return key.export({ format: 'der', type: 'spki' });
}

/** @param {string} path @returns {Buffer | undefined} the key in a file; undefined where there is no such file */
function keyIn(path) {
  try {
    return publicKeyIn(readFileSync(path));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw new UserError(said.noKey(path));
  }
}

/**
 * Reads what a bundle says of itself, where that is signed by who may sign it.
 * @param {string} file @param {string} [keyFile] with the public key to trust; none: the one that was pinned
 */
async function readSigned(file, keyFile) {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new UserError(said.noFile(file));
  const text = await readSmall(file, MANIFEST);
  const manifest = parse(text, file);
  const signature = Buffer.from(String(await readSmall(file, SIGNATURE)), 'base64');
  let publicKey;
  try {
    publicKey = publicKeyIn(manifest.publicKey);
    const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
    if (!verify(null, text, key, signature)) throw new Error();
  } catch {
    throw new UserError(said.badSignature(file), said.copyAgain);
  }
  const trusted = keyIn(keyFile ?? pinFile());
  if (keyFile && !trusted) throw new UserError(said.noKey(keyFile));
  if (trusted && !trusted.equals(publicKey)) {
    throw new UserError(
      said.otherKey(file, fingerprintOf(publicKey), fingerprintOf(trusted)),
      said.otherKeyFix,
    );
  }
  return { manifest, publicKey, isPinned: !keyFile && trusted !== undefined };
}

/** @param {string} file @param {Part} part */
async function checkPart(file, { path, size, sha256 }) {
  const hash = createHash('sha256');
  let found = 0;
  for await (const chunk of member(file, path)) {
    found += chunk.length;
    hash.update(chunk);
  }
  if (found !== size || hash.digest('hex') !== sha256) {
    throw new UserError(said.damaged(file, path), said.copyAgain);
  }
}

/** @param {Buffer} publicKey */
function pin(publicKey) {
  mkdirSync(keyFolder(), { recursive: true, mode: 0o700 });
  const aside = `${pinFile()}.${process.pid}.tmp`;
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  writeFileSync(aside, key.export({ format: 'pem', type: 'spki' }));
  renameSync(aside, pinFile());
}

/**
 * Checks all of a bundle, and pins who signed the first one.
 * @param {string} root of this package @param {{ file: string, keyFile?: string | undefined }} bundle absolute paths
 * @param {(line: string) => void} report
 * @returns {Promise<{ detail: string, value: Manifest }>}
 * @throws {UserError} for one that is damaged, not trusted, or not for this machine or these files; nothing has changed then
 */
export async function checkBundle(root, { file, keyFile }, report) {
  const { manifest, publicKey, isPinned } = await readSigned(file, keyFile);
  if (manifest.arch !== ARCHITECTURE)
    throw new UserError(said.otherArch(manifest.arch, ARCHITECTURE), said.makeAnother);
  const source = sourceDigest(root);
  if (manifest.source !== source) {
    const here = versionOf(root, readFileSync(join(root, 'package.json'), 'utf8'));
    const short = (/** @type {string} */ digest) => digest.slice(0, 12);
    throw new UserError(
      said.otherVersion(manifest.version, short(manifest.source), here, short(source)),
      said.otherVersionFix,
    );
  }
  for (const part of manifest.parts) {
    report(said.checking(part.path));
    await checkPart(file, part);
  }
  if (!isPinned) pin(publicKey);
  const fingerprint = fingerprintOf(publicKey);
  const detail = isPinned ? said.known : keyFile ? said.given : said.pinned;
  return { detail: detail(manifest.version, fingerprint), value: manifest };
}

/** @param {Manifest} manifest @param {string} path */
const has = ({ parts }, path) => parts.some((part) => part.path === path);

/**
 * Puts one file of a bundle to its place, whole or not at all.
 * @param {string} file @param {string} part @param {string} target @param {number} mode
 */
async function place(file, part, target, mode) {
  const partial = `${target}.partial`;
  mkdirSync(dirname(target), { recursive: true });
  try {
    const through = part.endsWith('.gz') ? [createGunzip()] : [];
    await pipeline([member(file, part), ...through, createWriteStream(partial, { mode })]);
    renameSync(partial, target);
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * What is taken from a bundle that has been checked, in the place of what would come from a network.
 * @param {string} file absolute @param {Manifest} manifest
 */
export const contentOf = (file, manifest) => ({
  /** Replaces the packages. @param {string} root */
  async packages(root) {
    const aside = join(root, '.build/packages');
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(aside, { recursive: true });
    try {
      const env = programEnvironment();
      const args = ['-xf', '-', '-C', aside, '--no-same-owner'];
      const child = withUmask(0o022, () => spawn('tar', args, { env, stdio: ['pipe', 'ignore', 'inherit'] }));
      const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
      const input = /** @type {import('node:stream').Writable} */ (child.stdin);
      // What tar says counts: it may end before all of the padding is written to it.
      await pipeline([member(file, PARTS.packages), createGunzip(), input]).catch(() => {});
      if ((await ended) !== 0) throw new UserError(said.cannotUnpack(PARTS.packages), said.makeRoom);
      rmSync(join(root, 'node_modules'), { recursive: true, force: true });
      renameSync(join(aside, 'node_modules'), join(root, 'node_modules'));
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  },
  /** @param {string} folder which gets `terraform` or `tofu` */
  async engine(folder) {
    const part = has(manifest, PARTS.terraform) ? PARTS.terraform : PARTS.tofu;
    await place(file, part, join(folder, basename(part, '.gz')), 0o755);
  },
  /** @param {{ file: string, packed: string }} places one of which it gets */
  async provider(places) {
    if (has(manifest, PARTS.provider)) await place(file, PARTS.provider, places.file, 0o755);
    else await place(file, PARTS.packedProvider, places.packed, 0o644);
  },
});

/** @typedef {ReturnType<typeof contentOf>} BundleContent */
