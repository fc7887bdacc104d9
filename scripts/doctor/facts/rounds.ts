/**
 * The order in which doctor asks. First everything at once, with short deadlines, so that a healthy deployment takes
 * half a second. What has no answer by then is asked once more, alone and with a long deadline: on a busy host a first
 * timeout says nothing of what was asked.
 */

/** For a question to this host, or to what runs on it. */
export const DEADLINES_MS: readonly [first: number, second: number] = [1_500, 10_000];

export interface Question<T> {
  readonly ask: (deadlineMs: number) => Promise<T>;
  /** Whether there is something to judge by. */
  readonly isAnswer: (result: T) => boolean;
  /** For the first try and the second. @default DEADLINES_MS */
  readonly deadlinesMs?: readonly [first: number, second: number];
  /** Whether a second try can add anything. @default - always */
  readonly isWorthwhile?: () => Promise<boolean>;
}

export const answered = ({ timedOut }: { readonly timedOut: boolean }): boolean => !timedOut;

export class Rounds {
  private asking = 0;
  private waiting: (() => void)[] = [];
  private last: Promise<unknown> = Promise.resolve();

  /** Asks, and where that gives no answer, a second time. @returns what was heard last */
  async ask<T>({
    ask,
    isAnswer,
    deadlinesMs = DEADLINES_MS,
    isWorthwhile = async () => true,
  }: Question<T>): Promise<T> {
    const [first, second] = deadlinesMs;
    const result = await this.together(() => ask(first));
    if (isAnswer(result) || !(await isWorthwhile())) return result;
    return this.alone(() => ask(second));
  }

  /** A first try, beside all others. */
  async together<T>(run: () => Promise<T>): Promise<T> {
    this.asking += 1;
    try {
      return await run();
    } finally {
      this.asking -= 1;
      if (this.asking === 0) for (const proceed of this.waiting.splice(0)) proceed();
    }
  }

  /** A second try: after all first ones that have begun, and after the second ones before it. */
  alone<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.last.then(() => this.quiet()).then(run);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private quiet(): Promise<void> {
    if (this.asking === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
