/** The one way to wait: a deadline, capped growing pauses, and on failure the last observation. */

export interface WaitOptions {
  readonly deadlineMs: number;
  /** @default 100 */
  readonly firstPauseMs?: number;
  /** @default 1000 */
  readonly longestPauseMs?: number;
}

const PAUSE_GROWTH = 1.5;

/**
 * Observes until `done` says so.
 * @returns the observation that was good, or the last one with `timedOut`
 */
export async function waitFor<T>(
  observe: () => Promise<T>,
  done: (observation: T) => boolean,
  options: WaitOptions,
): Promise<{ observation: T; timedOut: boolean }> {
  const deadline = Date.now() + options.deadlineMs;
  let pause = options.firstPauseMs ?? 100;
  for (;;) {
    const observation = await observe();
    if (done(observation)) return { observation, timedOut: false };
    if (Date.now() + pause > deadline) return { observation, timedOut: true };
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * PAUSE_GROWTH, options.longestPauseMs ?? 1000);
  }
}
