/** What a check of `verify` is, and the order in which they are run. */
import { messages } from '../../messages/index.ts';
import { begin, type Note } from '../lib/live.ts';

const said = messages.verify.check;

/** One row of the report. The names of its fields are those of `verify --json`. */
export interface Check {
  /** The same in each language. @example 'tunnel.upgrade.forged' */
  readonly id: string;
  readonly name: string;
  readonly ok: boolean;
  /** What was found, also where it passed. @example 'status 200' */
  readonly detail: string;
  /** What to do where it failed. */
  readonly fix: string;
  /**
   * Whether it was not run, as it would only have repeated a failure, or as the application's profile says nothing of
   * it: `detail` has the reason. It is no failure. @default false
   */
  readonly skipped?: boolean;
}

export type Result =
  | {
      readonly ok: boolean;
      readonly detail: string;
      /** @default - that of its check */
      readonly fix?: string;
    }
  /** It cannot be known, with the reason. */
  | { readonly skipped: string };

/** A check that is still to be run. */
export interface PlannedCheck {
  readonly id: string;
  readonly name: string;
  /** Checks without which it can only fail. */
  readonly dependsOn: readonly PlannedCheck[];
  readonly fix: string;
  /** @param note tells how far it is, where it takes long */
  readonly run: (note?: Note) => Promise<Result>;
}

/** Does something at its first call, and returns the same at every later one. */
export function once<T>(run: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= run();
    return result;
  };
}

/** A row that says why something is not checked. */
export const skip = (id: string, name: string, reason: string): PlannedCheck => ({
  id,
  name,
  dependsOn: [],
  fix: '',
  run: async () => ({ skipped: reason }),
});

/** What is shown of a check when it is done. */
export type ShowCheck = (check: Check) => string;

/**
 * Runs one check after the other; one that depends on a failed one is skipped, and its row names the cause. So is one
 * that depends on what cannot be known.
 * @param show shows each, while it is run and when it is done. @default - nothing is shown
 */
export async function runPlanned(planned: readonly PlannedCheck[], show?: ShowCheck): Promise<Check[]> {
  const reasons = new Map<PlannedCheck, string>();
  const checks: Check[] = [];
  for (const check of planned) {
    const { id, name, dependsOn, fix } = check;
    const reason = dependsOn.map((other) => reasons.get(other)).find((other) => other !== undefined);
    const task = show && begin(name);
    const end = (row: Check) => {
      checks.push(row);
      task?.end(show?.(row));
    };
    try {
      const result = reason === undefined ? await check.run(task?.note) : { skipped: reason };
      if ('skipped' in result) {
        const { skipped } = result;
        reasons.set(check, skipped);
        end({ id, name, ok: false, detail: said.skipped(skipped), fix: '', skipped: true });
        continue;
      }
      if (!result.ok) reasons.set(check, said.causedBy(name));
      end({ id, name, ok: result.ok, detail: result.detail, fix: result.fix ?? fix });
    } finally {
      task?.end();
    }
  }
  return checks;
}
