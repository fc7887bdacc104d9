import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readSecret, type Settings } from '../settings.ts';

/**
 * Signs tokens: made of the secret and the password, so that a change of either ends every session.
 * @returns base64url
 */
export const sessionKey = (secret: string, password: string): string =>
  createHmac('sha256', secret).update(password).digest('base64url');

/**
 * The one account. Both parts are always compared, as keyed hashes in constant time, so that
 * an unknown user takes as long as a wrong password and lengths do not show.
 */
export class Credentials {
  readonly user: string;
  readonly #passwordFile: string;
  readonly #jwtSecret: string;
  readonly #key = randomBytes(32);

  constructor(settings: Pick<Settings, 'adminUser' | 'adminPasswordFile' | 'jwtSecret'>) {
    this.user = settings.adminUser;
    this.#passwordFile = settings.adminPasswordFile;
    this.#jwtSecret = settings.jwtSecret;
  }

  /** @throws when the password file cannot be read or has become empty */
  match(user: string, password: string): boolean {
    const expected = this.#password();
    const sameUser = timingSafeEqual(this.#hash(user), this.#hash(this.user));
    const samePassword = timingSafeEqual(this.#hash(password), this.#hash(expected));
    return sameUser && samePassword;
  }

  /** Of the present password. @throws as {@link match} */
  sessionKey(): string {
    return sessionKey(this.#jwtSecret, this.#password());
  }

  /** Reads the password file anew, so that a changed password needs no restart. */
  #password(): string {
    const password = readSecret(this.#passwordFile);
    if (password === '') throw new Error(`ADMIN_PASSWORD_FILE: ${this.#passwordFile} is empty`);
    return password;
  }

  #hash(value: string): Buffer {
    return createHmac('sha256', this.#key).update(value).digest();
  }
}
