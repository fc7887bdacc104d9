/** The key that this user signs bundles with: made on first use, outside of every checkout, and in no bundle. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintOf, keyFolder } from '../bootstrap/bundle.mjs';
import { createFileAtomically, writeFileAtomically } from '../lib/files.ts';

export interface SigningKey {
  /** SPKI, DER, base64. */
  readonly publicKey: string;
  readonly fingerprint: string;
  /** File with the public key, PEM. */
  readonly publicFile: string;
  /** Ed25519, base64. */
  readonly sign: (data: Buffer) => string;
}

const PRIVATE_MODE = 0o600;

function privateKey(file: string): KeyObject {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  // Where two begin at once, both take the one that was there first.
  createFileAtomically(file, String(pem), PRIVATE_MODE);
  return createPrivateKey(readFileSync(file));
}

export function signingKey(folder = keyFolder()): SigningKey {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = privateKey(join(folder, 'bundle-key.pem'));
  const publicKey = createPublicKey(key);
  const publicFile = join(folder, 'bundle-key.pub');
  writeFileAtomically(publicFile, String(publicKey.export({ type: 'spki', format: 'pem' })));
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return {
    publicKey: der.toString('base64'),
    fingerprint: fingerprintOf(der),
    publicFile,
    sign: (data) => sign(null, data, key).toString('base64'),
  };
}
