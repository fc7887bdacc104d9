import { PROJECT_LABEL } from '../../stacks/constructs/labels.ts';
import { UserError } from '../../stacks/errors.ts';
import { neededImages } from '../../stacks/images.ts';
import { step } from '../bootstrap/step.mjs';
import { type ContainerState, containerLogs, projectContainers } from '../lib/containers.ts';
import { ensureImages, missingImages } from '../lib/images.ts';
import { preflight } from '../lib/preflight.ts';
import { docker, tail } from '../lib/programs.ts';
import { type SynthesisedProject, synthesiseProject } from '../lib/project.ts';
import { keepRelease, lastRelease, restoreConfiguration } from '../lib/releases.ts';
import { paint, secondsSince, table } from '../lib/report.ts';
import {
  apply,
  containerAddresses,
  InterruptedError,
  resourceNames,
  stateFile,
  type TerraformEvent,
} from '../lib/terraform.ts';
import { localUrl, publicUrl, type TunnelState, waitForTunnel } from '../lib/tunnel.ts';
import { readDeclared } from '../review/declared.ts';
import { replacements } from '../review/effects.ts';
import { gatherDrift, type Reviewed } from '../review/facts.ts';

export interface DeployOptions {
  readonly json?: boolean;
  /** Replace every container, even those that have not changed. */
  readonly replace?: boolean;
  /** Go back to the last good deployment when this one fails. */
  readonly rollbackOnFailure?: boolean;
}

const TUNNEL_DEADLINE_MS = 15_000;
const LAST_LINES = 8;

/** Shows each container's, volume's and configuration's progress as terraform reports it. */
export function progress(folder: string): (event: TerraformEvent) => void {
  const nameOf = resourceNames(folder);
  const started = new Map<string, number>();
  return ({ type, hook, change }) => {
    const address = hook?.resource.addr ?? change?.resource.addr;
    const name = address && nameOf(address);
    if (!name) return;
    const key = `${address} ${hook?.action}`;
    const container = address.startsWith('docker_container.');
    if (type === 'apply_start') {
      started.set(key, Date.now());
      if (container) console.log(`  … ${name}: ${hook?.action === 'delete' ? 'stopping' : 'starting'}`);
    } else if (type === 'apply_progress' && container) {
      console.log(`  … ${name}: ${hook?.elapsed_seconds} s`);
    } else if (type === 'apply_complete') {
      const done = hook?.action === 'delete' ? 'removed' : container ? 'healthy' : 'done';
      console.log(
        `  ${paint('green', '✓')} ${name}: ${done} (${secondsSince(started.get(key) ?? Date.now())})`,
      );
    } else if (type === 'apply_errored') {
      console.log(`  ${paint('red', '✗')} ${name}`);
    }
  };
}

function summary(
  containers: readonly ContainerState[],
  project: SynthesisedProject,
  tunnel: TunnelState,
): string {
  const { settings, folder } = project;
  // Containers run an image by its content address; people know it by its tag.
  const tags = new Map(readDeclared(folder).map(({ component, image }) => [component, image]));
  const rows = containers.map((one) => {
    const address =
      one.component === 'frpc'
        ? `${publicUrl(settings)} ${tunnel.up ? '' : '(down)'}`.trim()
        : one.component === 'frps'
          ? `127.0.0.1:${settings.BTCW_FRP_SERVER_PORT}`
          : one.addresses.join(', ');
    return [one.name, tags.get(one.component) ?? one.image, one.health, address];
  });
  return table(['container', 'image', 'health', 'address'], rows);
}

/** Removes what somebody made by hand under the name of one of this project's containers. */
async function clearTheWay(reviewed: readonly Reviewed[], project: string): Promise<void> {
  for (const { declared, intruder } of reviewed) {
    if (!intruder) continue;
    const label = await docker([
      'inspect',
      '--format',
      `{{index .Config.Labels "${PROJECT_LABEL}"}}`,
      intruder,
    ]);
    if (label !== project) {
      throw new UserError(
        `A container named ${declared.name} exists that is not of this deployment.`,
        `docker rm -f ${declared.name}, or choose another BTCW_PROJECT.`,
      );
    }
    await docker(['rm', '--force', '--volumes', intruder]);
  }
}

/** What the containers that did not become healthy said last. */
async function lastWords(project: string): Promise<string> {
  const ill = (await projectContainers(project)).filter(
    ({ status, health }) => status !== 'running' || health === 'unhealthy' || health === 'starting',
  );
  const words = await Promise.all(
    ill.map(async ({ name, status, health }) => {
      const said = tail(await containerLogs(name), LAST_LINES);
      return `${name} is ${status}, ${health}. Its last lines:\n${said.replace(/^/gm, '    ')}`;
    }),
  );
  return words.join('\n');
}

/** Applies, and on failure says why and offers the way back, or takes it. */
async function applyOrExplain(
  { settings, folder }: SynthesisedProject,
  args: readonly string[],
  options: DeployOptions,
): Promise<void> {
  const project = settings.BTCW_PROJECT;
  try {
    await apply(project, folder, args, options.json ? () => {} : progress(folder));
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    const words = await lastWords(project);
    const good = lastRelease(project);
    const what = [error instanceof Error ? error.message : String(error), words].filter(Boolean).join('\n');
    if (!good) throw new UserError(what);
    if (!options.rollbackOnFailure)
      throw new UserError(what, `npm run rollback goes back to the deployment of ${good.id}.`);
    console.error(`${what}\nGoing back to the deployment of ${good.id}.`);
    restoreConfiguration(project, good, folder);
    await apply(project, folder, [], options.json ? () => {} : progress(folder));
    throw new UserError(
      `The deployment failed; the one of ${good.id} runs again.`,
      'mend the cause above, then npm run deploy.',
    );
  }
}

/** Brings the host to the declared state. */
export async function deploy(options: DeployOptions = {}): Promise<void> {
  const startedMs = Date.now();
  const project = await synthesiseProject();
  const { settings, images, folder } = project;
  const review = () => gatherDrift(readDeclared(folder), stateFile(settings.BTCW_PROJECT));
  const [missing, before] = await Promise.all([
    missingImages(neededImages(images, settings)),
    review(),
    preflight(project),
  ]);
  if (missing.length > 0) {
    await ensureImages(missing, (title, work) =>
      step(title, async (report) => {
        await work(report);
        return { detail: 'built' };
      }),
    );
  }
  const reviewed = missing.length > 0 ? await review() : before;
  await clearTheWay(reviewed, settings.BTCW_PROJECT);
  const replaced = new Set([
    ...(options.replace ? containerAddresses(folder) : []),
    ...replacements(reviewed),
  ]);
  await applyOrExplain(
    project,
    [...replaced].map((address) => `-replace=${address}`),
    options,
  );
  keepRelease(settings, images, folder);
  await report(project, options, startedMs);
}

/** Ends a deployment: the containers, the tunnel, the address to open. */
export async function report(
  project: SynthesisedProject,
  options: DeployOptions,
  startedMs: number,
): Promise<void> {
  const { settings } = project;
  const [tunnel, containers] = await Promise.all([
    waitForTunnel(settings, TUNNEL_DEADLINE_MS),
    projectContainers(settings.BTCW_PROJECT),
  ]);
  if (options.json) {
    console.log(
      JSON.stringify({ containers, tunnel, local: localUrl(settings), public: publicUrl(settings) }, null, 2),
    );
    return;
  }
  console.log(summary(containers, project, tunnel));
  if (tunnel.up) console.log(`${paint('green', '✓')} Tunnel up: ${publicUrl(settings)}`);
  else
    console.log(
      `${paint('yellow', '!')} Tunnel down: ${tunnel.reason}. It comes up by itself when the server does.`,
    );
  console.log(`${paint('green', '✓')} Deployed in ${secondsSince(startedMs)}. Open ${localUrl(settings)}`);
}
