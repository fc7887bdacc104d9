/** Terraform's state of the deployment. */
import { basename } from 'node:path';
import { examineState, stateFile } from '../../deployment/state.ts';

export interface StateFacts {
  /** Name of its file. @example 'terraform.btc-watcher.tfstate' */
  readonly file: string;
  /** `busy`: another run is at work on it. */
  readonly kind: 'good' | 'missing' | 'broken' | 'busy';
  /** Follows the file's name; empty where it is not broken. @example 'is empty' */
  readonly problem: string;
}

export async function gatherState(project: string): Promise<StateFacts> {
  const reading = await examineState(project);
  const problem = reading?.kind === 'broken' ? reading.problem : '';
  return { file: basename(stateFile(project)), kind: reading?.kind ?? 'busy', problem };
}
