/** The Docker engine, and the disk that its data is on. */
import { statfs } from 'node:fs/promises';
import { engineError, tryDocker } from '../../docker/client.ts';
import { tail } from '../../lib/text.ts';
import { fact } from './fact.ts';

const DEADLINE_MS = 5_000;

export interface EngineFacts {
  /** Why it does not answer, and the command that helps; undefined when it does. */
  readonly problem: { readonly what: string; readonly fix: string } | undefined;
  readonly version: string;
  readonly rootDir: string;
  /** The engine's own clock, which its containers' times are of. */
  readonly clockMs: number | undefined;
}

export interface DiskFacts {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** `docker info`, as far as it is read. */
interface EngineInfo {
  readonly ServerVersion?: string;
  readonly DockerRootDir?: string;
  readonly SystemTime?: string;
  readonly ServerErrors?: readonly string[];
}

/** Why the engine did not answer. @param output what the docker client printed */
export function engineProblem(output: string): EngineFacts['problem'] {
  const known = engineError(output);
  if (!known) {
    const reason = tail(output, 1) || `no answer within ${DEADLINE_MS / 1000} s`;
    return { what: `The Docker engine does not answer: ${reason}`, fix: 'npm run up' };
  }
  const denied = /permission denied/i.test(output);
  return {
    what: known.what,
    fix: denied ? 'sudo usermod -aG docker "$USER" && newgrp docker' : 'npm run up',
  };
}

export async function gatherEngine(): Promise<EngineFacts> {
  const result = await tryDocker(['info', '--format', '{{json .}}'], { timeout: DEADLINE_MS });
  const info = await fact(() => JSON.parse(String(result.stdout)) as EngineInfo | null);
  if (info?.ServerVersion) {
    const clockMs = Date.parse(info.SystemTime ?? '');
    return {
      problem: undefined,
      version: info.ServerVersion,
      rootDir: info.DockerRootDir ?? '',
      clockMs: Number.isNaN(clockMs) ? undefined : clockMs,
    };
  }
  const problem =
    result.code === 'ENOENT'
      ? { what: 'The docker program is not installed.', fix: 'npm run up' }
      : engineProblem(`${info?.ServerErrors?.join('\n') ?? ''}\n${result.stderr ?? ''}`);
  return { problem, version: '', rootDir: '', clockMs: undefined };
}

export async function gatherDisk(folder: string): Promise<DiskFacts> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
