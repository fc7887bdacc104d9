/** The Docker engine, and the disk that its data is on. */

import { setTimeout as sleep } from 'node:timers/promises';
import { messages } from '../../../messages/index.ts';
import { engineError, tryDocker } from '../../docker/client.ts';
import type { Disk, EngineHost } from '../../engine-host/engine-host.ts';
import { skewOf } from '../../lib/clock.ts';
import { noAnswerWithin } from '../../lib/http.ts';
import { tail } from '../../lib/text.ts';
import { fact } from './fact.ts';
import { answered, type Rounds } from './rounds.ts';

const said = messages.doctor.engine;

const DEADLINES_MS = [5_000, 20_000] as const;

export interface EngineFacts {
  /** Why it does not answer, and the command that helps; undefined when it does. */
  readonly problem: { readonly what: string; readonly fix: string } | undefined;
  readonly version: string;
  readonly rootDir: string;
  /** How far the engine's own clock, which its containers' times are of, is ahead of this host's. */
  readonly skewMs: number | undefined;
}

/** `docker info`, as far as it is read. */
interface EngineInfo {
  readonly ServerVersion?: string;
  readonly DockerRootDir?: string;
  readonly SystemTime?: string;
  readonly ServerErrors?: readonly string[];
}

/** Why the engine did not answer. @param output what the docker client printed */
export function engineProblem(output: string): NonNullable<EngineFacts['problem']> {
  const known = engineError(output);
  if (!known) return { what: said.noAnswer(tail(output, 1)), fix: 'npm run up' };
  const denied = /permission denied/i.test(output);
  return {
    what: known.what,
    fix: denied ? 'sudo usermod -aG docker "$USER" && newgrp docker' : 'npm run up',
  };
}

/** It may well run: there is nothing to start, and its log says more. */
export const engineTimeout = (deadlineMs: number): NonNullable<EngineFacts['problem']> => ({
  what: said.noAnswerTwice(noAnswerWithin(deadlineMs)),
  fix: 'sudo systemctl status docker --no-pager --lines 20',
});

async function askEngine(deadlineMs: number): Promise<EngineFacts & { readonly timedOut: boolean }> {
  const askedMs = Date.now();
  const result = await tryDocker(['info', '--format', '{{json .}}'], { timeout: deadlineMs });
  const { timedOut } = result;
  const info = await fact(() => JSON.parse(String(result.stdout)) as EngineInfo | null);
  if (info?.ServerVersion) {
    const skewMs = skewOf(Date.parse(info.SystemTime ?? ''), askedMs, Date.now());
    const { ServerVersion: version, DockerRootDir: rootDir = '' } = info;
    return { problem: undefined, version, rootDir, skewMs, timedOut: false };
  }
  const problem = timedOut
    ? engineTimeout(deadlineMs)
    : result.code === 'ENOENT'
      ? { what: said.notInstalled, fix: 'npm run up' }
      : engineProblem(`${info?.ServerErrors?.join('\n') ?? ''}\n${result.stderr ?? ''}`);
  return { problem, version: '', rootDir: '', skewMs: undefined, timedOut };
}

export async function gatherEngine(rounds: Rounds): Promise<EngineFacts> {
  const { timedOut: _, ...facts } = await rounds.ask({
    ask: askEngine,
    isAnswer: answered,
    deadlinesMs: DEADLINES_MS,
  });
  return facts;
}

/** Less than this is worth a word. */
export const DISK_WARNING = 0.1;
/** In which a program that fills a disk for a moment has gone on. */
const DISK_PAUSE_MS = 300;

/** Read twice where it is filling: what helps deletes something. */
export async function gatherDisk(host: EngineHost, folder: string): Promise<Disk> {
  const disk = await host.disk(folder);
  if (disk.freeBytes >= DISK_WARNING * disk.totalBytes) return disk;
  await sleep(DISK_PAUSE_MS);
  return host.disk(folder);
}
