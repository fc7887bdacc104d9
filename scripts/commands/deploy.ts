import { neededImages } from '../../stacks/images.ts';
import { step } from '../bootstrap/step.mjs';
import { type ContainerState, projectContainers } from '../lib/containers.ts';
import { ensureImages } from '../lib/images.ts';
import { preflight } from '../lib/preflight.ts';
import { type SynthesisedProject, synthesiseProject } from '../lib/project.ts';
import { paint, secondsSince, table } from '../lib/report.ts';
import {
  apply,
  configurationAddresses,
  containerAddresses,
  resourceNames,
  type TerraformEvent,
} from '../lib/terraform.ts';
import { localUrl, publicUrl, type TunnelState, waitForTunnel } from '../lib/tunnel.ts';

export interface DeployOptions {
  readonly json?: boolean;
  /** Replace every container, even those that have not changed. */
  readonly replace?: boolean;
}

const TUNNEL_DEADLINE_MS = 15_000;

/** Shows each container's, volume's and configuration's progress as terraform reports it. */
function progress(folder: string): (event: TerraformEvent) => void {
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
  const { settings } = project;
  const rows = containers.map((one) => {
    const address =
      one.component === 'frpc'
        ? `${publicUrl(settings)} ${tunnel.up ? '' : '(down)'}`.trim()
        : one.component === 'frps'
          ? `127.0.0.1:${settings.BTCW_FRP_SERVER_PORT}`
          : one.addresses.join(', ');
    return [one.name, imageOf(project, one), one.health, address];
  });
  return table(['container', 'image', 'health', 'address'], rows);
}

/** Containers run an image by its content address; people know it by its tag. */
function imageOf(project: SynthesisedProject, container: ContainerState): string {
  const planned = Object.entries(project.images).find(([key]) => key === container.component);
  return planned?.[1].reference ?? container.image;
}

/** Brings the host to the declared state. */
export async function deploy(options: DeployOptions = {}): Promise<void> {
  const startedMs = Date.now();
  const project = await synthesiseProject();
  const { settings, images, folder } = project;
  await preflight(project);
  const say = options.json ? () => {} : console.log;
  await ensureImages(neededImages(images, settings), (title, work) =>
    step(title, async (report) => {
      await work(report);
      return { detail: 'built' };
    }),
  );
  const onEvent = options.json ? () => {} : progress(folder);
  // The files, too: one that was edited by hand inside a volume is declared again.
  const renewed = options.replace ? [...containerAddresses(folder), ...configurationAddresses(folder)] : [];
  const replace = renewed.map((address) => `-replace=${address}`);
  await apply(settings.BTCW_PROJECT, folder, replace, onEvent);
  const tunnel = await waitForTunnel(settings, TUNNEL_DEADLINE_MS);
  const containers = await projectContainers(settings.BTCW_PROJECT);
  if (options.json) {
    console.log(
      JSON.stringify({ containers, tunnel, local: localUrl(settings), public: publicUrl(settings) }, null, 2),
    );
    return;
  }
  say(summary(containers, project, tunnel));
  if (tunnel.up) say(`${paint('green', '✓')} Tunnel up: ${publicUrl(settings)}`);
  else
    say(`${paint('yellow', '!')} Tunnel down: ${tunnel.reason}. It comes up by itself when the server does.`);
  say(`${paint('green', '✓')} Deployed in ${secondsSince(startedMs)}. Open ${localUrl(settings)}`);
}
