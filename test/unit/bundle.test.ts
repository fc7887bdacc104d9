/** Which bundles are taken, and which are refused before anything changes. */
import { generateKeyPairSync, sign } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  checkBundle,
  contentOf,
  FORMAT,
  type Manifest,
  PARTS,
  sourceDigest,
} from '../../scripts/bootstrap/bundle.mjs';
import { ARCHITECTURE } from '../../scripts/bootstrap/environment.mjs';
import { signingKey } from '../../scripts/bundle/key.ts';
import { Checksum } from '../../scripts/lib/checksum.ts';

let folder: string;
let root: string;
let file: string;
const put = (path: string, text: string | Buffer) => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
};
const nothing = () => {};
const part = (path: string, content: Buffer) => {
  const checksum = new Checksum();
  checksum.end(content);
  return new Promise<Manifest['parts'][number]>((resolve) =>
    checksum.resume().once('end', () => resolve({ path, size: checksum.size, sha256: checksum.sha256 })),
  );
};

const CONTENT = {
  [PARTS.terraform]: gzipSync('engine'),
  [PARTS.provider]: gzipSync('provider'),
  [PARTS.images]: gzipSync('images'),
};

interface Forgery {
  readonly manifest?: Partial<Manifest>;
  /** Of what is signed, before it is packed. */
  readonly change?: (manifest: string) => string;
  readonly content?: Readonly<Record<string, Buffer>>;
  readonly key?: ReturnType<typeof signingKey>;
}

/** A bundle for this machine and these files, but for what is asked for. */
async function write({ manifest = {}, change = (text) => text, content = CONTENT, key }: Forgery = {}) {
  const work = mkdtempSync(join(folder, 'work-'));
  const { sign: signed, publicKey } = key ?? signingKey();
  const parts = await Promise.all(Object.entries(CONTENT).map(([path, bytes]) => part(path, bytes)));
  const all: Manifest = {
    ...{ format: FORMAT, schemaVersion: 1, version: '0.1.0', source: sourceDigest(root), arch: ARCHITECTURE },
    ...{ images: ['btcw/x:1'], publicKey, parts },
    ...manifest,
  };
  const text = JSON.stringify(all);
  put(join(work, 'manifest.json'), change(text));
  put(join(work, 'manifest.sig'), signed(Buffer.from(text)));
  for (const [path, bytes] of Object.entries(content)) put(join(work, path), bytes);
  await execa('tar', ['-cf', file, '-C', work, 'manifest.json', 'manifest.sig', ...Object.keys(content)]);
}
const check = (keyFile?: string) => checkBundle(root, { file, keyFile }, nothing);
const pin = () => join(folder, 'home/.config/btc-watcher/bundle-trusted.pub');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'btcw-bundle-'));
  root = join(folder, 'package');
  file = join(folder, 'b.tar');
  vi.stubEnv('HOME', join(folder, 'home'));
  for (const path of ['assets/x/Dockerfile', 'scripts/a.ts', 'stacks/b.ts', 'package-lock.json'])
    put(join(root, path), path);
  put(join(root, 'package.json'), '{"version":"0.1.0"}');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('a bundle', () => {
  it('pins who signed the first one, and takes the next ones of the same key', async () => {
    await write();
    const { fingerprint } = signingKey();
    expect((await check()).detail).toContain(`its key ${fingerprint} is pinned`);
    const { stdout } = await execa('openssl', ['pkey', '-pubin', '-in', pin(), '-outform', 'DER'], {
      encoding: 'buffer',
    });
    expect((await part('', Buffer.from(stdout))).sha256).toBe(fingerprint);
    expect((await check()).detail).toBe(`0.1.0, signed with the pinned key ${fingerprint}`);
  });

  it('is put in place whole, with what programs need', async () => {
    await write();
    const { value } = await check();
    const content = contentOf(file, value);
    await content.engine(join(root, '.build/bin'));
    const places = { file: join(root, 'provider'), packed: join(root, 'provider.zip') };
    await content.provider(places);
    expect(readFileSync(join(root, '.build/bin/terraform'), 'utf8')).toBe('engine');
    expect(statSync(join(root, '.build/bin/terraform')).mode & 0o777).toBe(0o755);
    expect(readFileSync(places.file, 'utf8')).toBe('provider');
    expect(existsSync(places.packed)).toBe(false);
  });

  it('brings the packages in the place of those that are there', async () => {
    put(join(folder, 'new/node_modules/.bin/tsx'), 'new');
    put(join(root, 'node_modules/old/index.js'), 'old');
    const { stdout } = await execa('tar', ['-czf', '-', '-C', join(folder, 'new'), 'node_modules'], {
      encoding: 'buffer',
    });
    const packages = Buffer.from(stdout);
    await write({
      content: { ...CONTENT, [PARTS.packages]: packages },
      manifest: { parts: [await part(PARTS.packages, packages)] },
    });
    const { value } = await check();
    await contentOf(file, value).packages(root);
    expect(readFileSync(join(root, 'node_modules/.bin/tsx'), 'utf8')).toBe('new');
    expect(existsSync(join(root, 'node_modules/old'))).toBe(false);
  });

  it('is of the same files, whatever is made among them', async () => {
    await write();
    put(join(root, 'assets/x/dist/made.js'), '');
    put(join(root, 'assets/x/node_modules/y/index.js'), '');
    put(join(root, 'docs/page.md'), '');
    expect((await check()).value.version).toBe('0.1.0');
  });
});

describe('is refused, and nothing is pinned: a bundle', () => {
  const damaged = () => ({ ...CONTENT, [PARTS.images]: Buffer.from('other') });
  const cases: [name: string, forge: () => Promise<void>, message: RegExp][] = [
    ['that is not there', async () => {}, /b\.tar is no file that is here/],
    ['that is a folder', async () => mkdirSync(file), /is no file that is here/],
    ['that is no tar file', async () => put(file, 'x'.repeat(20_000)), /is no bundle of this package/],
    ['of another program', () => write({ manifest: { format: 'other' } }), /is no bundle of this package/],
    ['of a later version', () => write({ manifest: { schemaVersion: 2 } }), /by a later version/],
    [
      'that was changed after it was signed',
      () => write({ change: (text) => text.replace('0.1.0', '0.1.1') }),
      /its signature does not fit/,
    ],
    ['of which a part is damaged', () => write({ content: damaged() }), /images\.tar\.gz is not what was/],
    [
      'that lacks a part',
      () => write({ content: { [PARTS.provider]: CONTENT[PARTS.provider] ?? Buffer.alloc(0) } }),
      /terraform\.gz is not what was signed/,
    ],
    [
      'that is cut short',
      async () => {
        const images = Buffer.alloc(1_000_000, 'i');
        const content = { ...CONTENT, [PARTS.images]: images };
        await write({ content, manifest: { parts: [await part(PARTS.images, images)] } });
        truncateSync(file, 700_000);
      },
      /is cut short or damaged: images\.tar\.gz/,
    ],
    [
      'for another machine',
      () => write({ manifest: { arch: 's390x' } }),
      /is for s390x, and this machine is/,
    ],
    [
      'of other files',
      async () => {
        await write();
        put(join(root, 'stacks/b.ts'), 'changed');
      },
      /was made of version 0\.1\.0, sources [0-9a-f]{12}; here is 0\.1\.0.*, sources [0-9a-f]{12}/,
    ],
    [
      'of files with other permissions',
      async () => {
        await write();
        chmodSync(join(root, 'scripts/a.ts'), 0o755);
      },
      /was made of version/,
    ],
  ];

  it.each(cases)('%s', async (_, forge, message) => {
    await forge();
    await expect(check()).rejects.toThrow(message);
    expect(existsSync(pin())).toBe(false);
  });

  it('signed with another key than the first one, until that is given', async () => {
    await write();
    await check();
    const pinned = readFileSync(pin(), 'utf8');
    const key = signingKey(join(folder, 'other'));
    await write({ key });
    await expect(check()).rejects.toThrow(`is signed with the key ${key.fingerprint}, and not with`);
    expect(readFileSync(pin(), 'utf8')).toBe(pinned);
    expect((await check(key.publicFile)).detail).toBe(`0.1.0, signed with the given key ${key.fingerprint}`);
    expect((await check()).detail).toContain('pinned');
  });

  it('whose key is not the given one', async () => {
    await write({ key: signingKey(join(folder, 'other')) });
    await expect(check(signingKey().publicFile)).rejects.toThrow('and not with the trusted one');
    expect(existsSync(pin())).toBe(false);
  });

  it('with a given key that is none', async () => {
    await write();
    await expect(check(join(folder, 'nowhere'))).rejects.toThrow('nowhere holds no Ed25519 public key.');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    put(join(folder, 'rsa.pub'), String(rsa.export({ type: 'spki', format: 'pem' })));
    await expect(check(join(folder, 'rsa.pub'))).rejects.toThrow('rsa.pub holds no Ed25519 public key.');
  });

  it('that brings a key of another kind', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const signed = (data: Buffer) => sign('sha256', data, privateKey).toString('base64');
    const key = { ...signingKey(), publicKey: der.toString('base64'), sign: signed };
    await write({ key });
    await expect(check()).rejects.toThrow('its signature does not fit');
  });
});

describe('the key', () => {
  it('is made once, for this user alone, outside of the package', () => {
    const first = signingKey();
    const secret = join(folder, 'home/.config/btc-watcher/bundle-key.pem');
    expect(statSync(secret).mode & 0o777).toBe(0o600);
    expect(signingKey().fingerprint).toBe(first.fingerprint);
    expect(first.publicFile).toBe(join(folder, 'home/.config/btc-watcher/bundle-key.pub'));
    expect(readFileSync(first.publicFile, 'utf8')).toContain('BEGIN PUBLIC KEY');
  });
});
