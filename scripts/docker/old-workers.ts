/** Workers of nginx that reloads have left to their open connections. */
import { tryDocker } from './client.ts';

const TITLE = /nginx: worker process is shutting down/;

/** @param processes as `docker top` prints them */
export const countOldWorkers = (processes: string): number =>
  processes.split('\n').filter((line) => TITLE.test(line)).length;

/** @returns undefined where the container does not run */
export async function oldWorkersOf(container: string): Promise<number | undefined> {
  const { exitCode, stdout } = await tryDocker(['top', container, '-o', 'pid,args']);
  return exitCode === 0 ? countOldWorkers(String(stdout)) : undefined;
}
