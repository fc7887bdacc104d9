/** What a check of `verify` is, and the order in which they are run. */

/** One row of the report. The names of its fields are those of `verify --json`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, also where it passed. @example 'status 200' */
  readonly detail: string;
  /** What to do where it failed. */
  readonly fix: string;
  /** Whether it was not run, as it would only have repeated a failure. @default false */
  readonly skipped?: boolean;
}

export interface Result {
  readonly ok: boolean;
  readonly detail: string;
  /** @default - that of its check */
  readonly fix?: string;
}

/** A check that is still to be run. */
export interface PlannedCheck {
  readonly name: string;
  /** Checks without which it can only fail. */
  readonly dependsOn: readonly PlannedCheck[];
  readonly fix: string;
  readonly run: () => Promise<Result>;
}

/** Does something at its first call, and returns the same at every later one. */
export function once<T>(run: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= run();
    return result;
  };
}

/** Runs one check after the other; one that depends on a failed one is skipped, and its row names the cause. */
export async function runPlanned(planned: readonly PlannedCheck[]): Promise<Check[]> {
  const causes = new Map<PlannedCheck, PlannedCheck>();
  const checks: Check[] = [];
  for (const check of planned) {
    const { name, dependsOn, fix } = check;
    const cause = dependsOn.map((other) => causes.get(other)).find((other) => other !== undefined);
    if (cause) {
      causes.set(check, cause);
      checks.push({ name, ok: false, detail: `skipped: caused by "${cause.name}"`, fix: '', skipped: true });
      continue;
    }
    const result = await check.run();
    if (!result.ok) causes.set(check, check);
    checks.push({ name, ok: result.ok, detail: result.detail, fix: result.fix ?? fix });
  }
  return checks;
}
