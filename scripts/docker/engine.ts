/** Which engine is asked: the one that DOCKER_HOST names, else the current context's, else the socket. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { tryDocker } from './client.ts';

const SOCKET = 'unix:///var/run/docker.sock';

const said = messages.docker.engine;

/** `docker context inspect`. */
interface ContextInspection {
  readonly Name: string;
  readonly Endpoints: { readonly docker?: { readonly Host?: string } };
  readonly TLSMaterial?: Readonly<Record<string, readonly string[]>>;
  readonly Storage?: { readonly TLSPath?: string };
}

/**
 * Reads which engine a context leads to.
 * @param inspection what `docker context inspect` prints
 * @returns undefined for the usual socket
 * @throws {UserError} for a context with TLS files: Terraform's provider takes those from the environment only
 */
export function contextHost(inspection: string): string | undefined {
  const [context] = JSON.parse(inspection || '[]') as ContextInspection[];
  const host = context?.Endpoints.docker?.Host;
  if (!host || host === SOCKET) return undefined;
  if ((context.TLSMaterial?.docker ?? []).length > 0) {
    throw new UserError(
      said.contextWithTls(context.Name),
      `export DOCKER_HOST=${host} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${context.Storage?.TLSPath}/docker`,
    );
  }
  return host;
}

/** `docker info`, as far as it tells which kind of engine it is. */
interface EngineInfo {
  readonly OperatingSystem?: string;
  readonly SecurityOptions?: readonly string[] | null;
}

/** `docker version`. */
interface EngineVersion {
  readonly Server?: { readonly Components?: readonly { readonly Name: string }[] | null };
}

/**
 * Engines on which this topology cannot work.
 * @param info what `docker info` prints as JSON
 * @param version what `docker version` prints as JSON
 * @returns undefined for any other
 */
export function unsuitableEngine(info: string, version: string): UserError | undefined {
  const { OperatingSystem = '', SecurityOptions } = JSON.parse(info || '{}') as EngineInfo;
  const components = (JSON.parse(version || '{}') as EngineVersion).Server?.Components ?? [];
  if (components.some(({ Name }) => /podman/i.test(Name))) {
    return new UserError(said.podman, said.useDocker);
  }
  if (SecurityOptions?.some((option) => /(^|,)name=rootless\b/.test(option))) {
    return new UserError(said.rootless, said.useSystemEngine);
  }
  return /Docker Desktop/i.test(OperatingSystem)
    ? new UserError(said.dockerDesktop, said.useSystemEngine)
    : undefined;
}

/** @throws {UserError} for an engine on which this topology cannot work */
export async function requireSuitableEngine(): Promise<void> {
  const format = ['--format', '{{json .}}'];
  const [info, version] = await Promise.all(
    ['info', 'version'].map((command) => tryDocker([command, ...format], { timeout: 20_000 })),
  );
  const problem = unsuitableEngine(String(info?.stdout ?? ''), String(version?.stdout ?? ''));
  if (problem) throw problem;
}

let asked: Promise<string | undefined> | undefined;

/** Whether a context is chosen: it takes the docker client longer to say which. */
function hasContext(): boolean {
  const { DOCKER_CONTEXT, DOCKER_CONFIG = join(homedir(), '.docker') } = process.env;
  if (DOCKER_CONTEXT) return true;
  try {
    const config = JSON.parse(readFileSync(join(DOCKER_CONFIG, 'config.json'), 'utf8'));
    return Boolean((config as { currentContext?: string }).currentContext);
  } catch {
    return false;
  }
}

async function askContext(): Promise<string | undefined> {
  if (!hasContext()) return undefined;
  const { stdout } = await tryDocker(['context', 'inspect'], { timeout: 5_000 });
  return contextHost(String(stdout ?? ''));
}

/**
 * The engine's address where it is not the usual socket. Terraform's provider does not know of contexts.
 * @example 'ssh://user@nas', 'unix:///run/user/1000/docker.sock'
 */
export function engineHost(): Promise<string | undefined> {
  asked ??= process.env.DOCKER_HOST ? Promise.resolve(process.env.DOCKER_HOST) : askContext();
  return asked;
}

/**
 * The machine that an engine is on.
 * @param address of the engine. @example 'ssh://user@nas', 'tcp://192.0.2.7:2376'
 * @returns undefined for this one, on which the engine has a socket
 */
export function machineOf(address: string | undefined): string | undefined {
  if (!address || !/^(ssh|tcp|https?):\/\//.test(address)) return undefined;
  return new URL(address.replace(/^\w+/, 'http')).hostname;
}

/** Name of the machine that the engine is on; undefined where it is this one. */
export const engineMachine = async (): Promise<string | undefined> => machineOf(await engineHost());
