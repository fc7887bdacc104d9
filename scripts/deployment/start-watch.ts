/**
 * Watches the containers that terraform waits for: it knows of health alone, and waits until its deadline for a program
 * that has exited long before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { Service } from '../../stacks/topology/service.ts';
import { type ContainerInspection, inspect, nameOf } from '../docker/inspect.ts';
import { readLog } from '../docker/logs.ts';
import { excerptOf } from '../lib/log-excerpt.ts';
import { tail } from '../lib/text.ts';
import { LOOP_RESTARTS } from './health.ts';

const said = messages.deployment.startWatch;

/** What starts well has done so by then, and is asked for nothing. */
const FIRST_MS = 3_000;
const EVERY_MS = 1_000;

/** What a container does that is being started. Pure. */
export function startOf(
  { State, RestartCount }: Pick<ContainerInspection, 'State' | 'RestartCount'>,
  { oneOff }: Pick<Service, 'oneOff'>,
): 'starts' | 'exits' | 'lost' {
  if (oneOff || State.Health?.Status === 'healthy') return 'starts';
  // One that Docker starts again is "restarting" meanwhile.
  if (State.Status === 'exited' || RestartCount >= LOOP_RESTARTS) return 'lost';
  return RestartCount > 0 || State.Status === 'restarting' ? 'exits' : 'starts';
}

/** Why a container is not healthy yet. Pure. */
export function waitsFor({
  State,
  RestartCount,
}: Pick<ContainerInspection, 'State' | 'RestartCount'>): string {
  if (RestartCount > 0) return said.startsAgain(RestartCount);
  const last = State.Health?.Log?.at(-1);
  if (!last) return said.noCheckYet;
  return last.ExitCode === 0 ? '' : said.checkFails(tail(last.Output, 1));
}

/** @returns what is reported of a container that does not start, with the last words of its log */
async function report(container: ContainerInspection, redact: (text: string) => string): Promise<string> {
  const name = nameOf(container);
  const { text } = await readLog(name);
  const { ExitCode, Running, Status } = container.State;
  const line = redact(excerptOf(text).split('\n').at(-1) ?? '');
  // While it runs for a moment, Docker has forgotten the exit code.
  if (Running) return said.startedAgain(name, line);
  return (Status === 'exited' ? said.exited : said.exitedAgain)(name, ExitCode, line);
}

export interface WatchOptions {
  readonly services: readonly Pick<Service, 'containerName' | 'oneOff'>[];
  /** Names of the containers that are being started at this moment. */
  readonly starting: () => readonly string[];
  readonly redact: (text: string) => string;
  readonly say: (text: string) => void;
  /** Told again and again why a container is not healthy yet. */
  readonly waits: (container: string, why: string) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Says at once which containers exit while they are started.
 * @returns the error for one that starts no more; undefined where the watch was ended before
 */
export async function watchStarts({
  services,
  starting,
  redact,
  say,
  waits,
  signal,
}: WatchOptions): Promise<UserError | undefined> {
  const reported = new Set<string>();
  const pause = (ms: number) => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
  await pause(FIRST_MS);
  while (!signal.aborted) {
    const containers = await inspect('container', starting()).catch(() => []);
    for (const container of containers) {
      const name = nameOf(container);
      const service = services.find(({ containerName }) => containerName === name);
      const start = service ? startOf(container, service) : 'starts';
      if (container.State.Health) waits(name, redact(waitsFor(container)));
      if (signal.aborted || start === 'starts' || !starting().includes(name)) continue;
      if (!reported.has(name)) say(await report(container, redact));
      reported.add(name);
      if (start === 'exits') continue;
      const { State, RestartCount } = container;
      return new UserError(
        State.Status === 'exited' ? said.gaveUp(name, State.ExitCode) : said.gaveUpAfter(name, RestartCount),
      );
    }
    await pause(EVERY_MS);
  }
  return undefined;
}
