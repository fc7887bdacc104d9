/** Runs a command in a service's container, with the environment that the service has. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { TAKES_PROGRAM } from '../../stacks/render/start-script.ts';
import { programEnvironment } from '../bootstrap/environment.mjs';
import { loadDeployment } from '../deployment/project.ts';
import { tryDocker } from '../docker/client.ts';
import { projectContainers } from '../docker/containers.ts';
import { type ContainerInspection, inspect, stateText } from '../docker/inspect.ts';

const { common, exec: said } = messages.commands;

/** Exit code of a program that a signal has ended, as shells have it. */
const SIGNALLED = 128;

/** @throws {UserError} where there is no such service, or it does not run */
async function runningContainer(project: string, service: string): Promise<ContainerInspection> {
  const containers = await projectContainers(project);
  if (containers.length === 0) throw new UserError(common.nothingDeployed(project), 'npm run deploy');
  const found = containers.find((container) => [container.service, container.name].includes(service));
  if (!found) {
    const known = containers.map((container) => container.service).join(', ');
    throw new UserError(said.noService(project, service), common.nameOneOf(known));
  }
  if (found.status !== 'running') {
    throw new UserError(
      said.notRunning(found.name, stateText(found.status)),
      said.notRunningFix(found.service),
    );
  }
  const [container] = await inspect('container', [found.name]);
  if (!container) throw new UserError(said.gone(found.name), 'npm run deploy');
  return container;
}

/**
 * What hands the secret environment on, of a service that has one: its start script.
 * @throws {UserError} for a script of an earlier version, which would start the service a second time
 */
async function starterOf({ Id, Config }: ContainerInspection): Promise<readonly string[]> {
  const [shell, script, ...others] = Config.Entrypoint ?? [];
  const isStarted = shell === '/bin/sh' && script?.startsWith('/') && others.length === 0;
  if (!isStarted || !script) return [];
  const secondLine = '{ read -r _; read -r line; echo "$line"; } < "$0"';
  const { stdout } = await tryDocker(['exec', Id, shell, '-c', secondLine, script]);
  if (String(stdout) === TAKES_PROGRAM) return [shell, script];
  if (String(stdout).startsWith('export ')) {
    throw new UserError(said.earlierVersion, 'npm run deploy');
  }
  return [];
}

/** Ends with the exit code of the command. @param command with its arguments */
export async function exec(service: string, command: readonly string[]): Promise<void> {
  const { settings } = loadDeployment();
  const container = await runningContainer(settings.BTCW_PROJECT, service);
  const starter = await starterOf(container);
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? ['--tty'] : [];
  const args = ['exec', '--interactive', ...terminal, container.Id, ...starter, ...command];
  const child = spawn('docker', args, { env: programEnvironment(), stdio: 'inherit' });
  // The terminal sends it to docker as well, which ends when the command does.
  process.on('SIGINT', () => {});
  const [code] = await once(child, 'close');
  process.exitCode = code ?? SIGNALLED;
}
