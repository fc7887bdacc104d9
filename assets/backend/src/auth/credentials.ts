import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readSecret } from '../settings.ts';

/**
 * The one account. Both parts are always compared, as keyed hashes in constant time, so that
 * an unknown user takes as long as a wrong password and lengths do not show.
 */
export class Credentials {
  readonly #user: string;
  readonly #passwordFile: string;
  readonly #key = randomBytes(32);

  constructor(user: string, passwordFile: string) {
    this.#user = user;
    this.#passwordFile = passwordFile;
  }

  /**
   * Reads the password file anew, so that a changed password needs no restart.
   * @throws when the file cannot be read or has become empty
   */
  match(user: string, password: string): boolean {
    const expected = readSecret(this.#passwordFile);
    if (expected === '') throw new Error(`ADMIN_PASSWORD_FILE: ${this.#passwordFile} is empty`);
    const sameUser = timingSafeEqual(this.#hash(user), this.#hash(this.#user));
    const samePassword = timingSafeEqual(this.#hash(password), this.#hash(expected));
    return sameUser && samePassword;
  }

  #hash(value: string): Buffer {
    return createHmac('sha256', this.#key).update(value).digest();
  }
}
