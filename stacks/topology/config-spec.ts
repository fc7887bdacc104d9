/** What Terraform hands to `apply-config`: which files to put into which volume, and what to do then. */
import type { ConfigFile } from './service.ts';

export interface ConfigSpec {
  /** Name of the container that uses the files. */
  readonly container: string;
  readonly volume: string;
  readonly mountPath: string;
  readonly owner: string;
  readonly secretMode: string;
  /** Empty for files that no program checks. */
  readonly check: readonly string[];
  /** These names and values are in releases that users keep. */
  readonly activation: 'reload' | 'restart' | 'none';
  /** The command that reloads; nginx's in releases that were kept before it was written down. */
  readonly reload?: readonly string[];
  /** Path of the file that becomes a start script; empty for none. */
  readonly environmentFile: string;
  /** What the start script becomes. @default - the image's own */
  readonly entrypoint?: readonly string[];
  /** @default - the image's own, unless there is an entrypoint */
  readonly command?: readonly string[];
  /** Seconds in which the container has to be healthy after its restart. @default 60 */
  readonly startTimeoutSec?: number;
  readonly files: readonly ConfigFile[];
}
