/** What a check of `verify` is. */

/** One row of the report. The names of its fields are those of `verify --json`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, also where it passed. @example 'status 200' */
  readonly detail: string;
  /** What to do where it failed. */
  readonly fix: string;
}

/** The command that shows a container's last lines. */
export const showLog = (containerName: string): string => `docker logs --tail 20 ${containerName}`;
