/** More than this many messages in a minute are refused, each with an error. */
export const MAX_MESSAGES_PER_MINUTE = 100;
/** A client that goes on regardless up to this many is closed. */
export const ABUSE_MESSAGES_PER_MINUTE = 200;

const WINDOW_MS = 60_000;

export type Verdict = 'ok' | 'limited' | 'abusive';

/** Counts one client's messages in windows of a minute, the first beginning with its first message. */
export class RateMeter {
  #windowStart = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** @param now in milliseconds */
  count(now: number): Verdict {
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count > ABUSE_MESSAGES_PER_MINUTE) return 'abusive';
    return this.#count > MAX_MESSAGES_PER_MINUTE ? 'limited' : 'ok';
  }
}
