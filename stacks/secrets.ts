/**
 * The secrets a deployment generates and keeps in 0600 files under `secrets/<project>/`. Plan and state see only a
 * keyed fingerprint of each, which changes when the secret does and tells nothing about it.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.ts';

/** Files with the deployment's secrets; absolute paths. */
export interface SecretFiles {
  readonly adminPassword: string;
  readonly jwtSecret: string;
  readonly frpToken: string;
  /** Key of the fingerprints. */
  readonly fingerprintKey: string;
}

const PASSWORD_BYTES = 12;
const KEY_BYTES = 32;

function generated(folder: string, name: string, bytes: number): string {
  const path = join(folder, name);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, `${randomBytes(bytes).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  }
  return path;
}

/** Finds the secrets of a deployment, and makes those that are missing. */
export function ensureSecrets(settings: Settings, root: string): SecretFiles {
  const folder = join(root, 'secrets', settings.BTCW_PROJECT);
  return {
    adminPassword: settings.BTCW_ADMIN_PASSWORD_FILE ?? generated(folder, 'admin-password', PASSWORD_BYTES),
    jwtSecret: generated(folder, 'jwt-secret', KEY_BYTES),
    frpToken: settings.BTCW_FRP_TOKEN_FILE ?? generated(folder, 'frp-token', KEY_BYTES),
    fingerprintKey: generated(folder, 'fingerprint-key', KEY_BYTES),
  };
}

/** HMAC-SHA-256 of a file under a key only this host has, so that a guessed password cannot be checked against it. */
export function fingerprint(file: string, key: string): string {
  return createHmac('sha256', readFileSync(key)).update(readFileSync(file)).digest('hex').slice(0, 16);
}
