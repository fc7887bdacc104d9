/** What a deployment shows: each resource as it is done, and the containers at the end. */

import { socketsOf } from '../../stacks/topology/service.ts';
import { localUrl, mainTunnel, publicUrl } from '../../stacks/topology/urls.ts';
import { type ContainerState, projectContainers } from '../docker/containers.ts';
import { printJson } from '../lib/json.ts';
import { paint, secondsSince, table } from '../lib/report.ts';
import type { SynthesisedProject } from './project.ts';
import type { TerraformEvent } from './terraform.ts';
import { type TunnelState, waitForTunnel } from './tunnel.ts';

const TUNNEL_DEADLINE_MS = 15_000;

/** @param names what resources are called for people, by their addresses; the others are not shown */
export function progress(names: ReadonlyMap<string, string>): (event: TerraformEvent) => void {
  const started = new Map<string, number>();
  return ({ type, hook, change }) => {
    const address = hook?.resource.addr ?? change?.resource.addr;
    const name = address && names.get(address);
    if (!name) return;
    const key = `${address} ${hook?.action}`;
    const isContainer = address.startsWith('docker_container.');
    if (type === 'apply_start') {
      started.set(key, Date.now());
      if (isContainer) console.log(`  … ${name}: ${hook?.action === 'delete' ? 'stopping' : 'starting'}`);
    } else if (type === 'apply_progress' && isContainer) {
      console.log(`  … ${name}: ${hook?.elapsed_seconds} s`);
    } else if (type === 'apply_complete') {
      const done = hook?.action === 'delete' ? 'removed' : isContainer ? 'healthy' : 'done';
      const took = secondsSince(started.get(key) ?? Date.now());
      console.log(`  ${paint('green', '✓')} ${name}: ${done} (${took})`);
    } else if (type === 'apply_errored') {
      console.log(`  ${paint('red', '✗')} ${name}`);
    }
  };
}

/** Where a service is reached, for people. */
function addressOf(
  name: string,
  { topology }: SynthesisedProject,
  tunnel: TunnelState,
  container: ContainerState,
): string {
  if (name === mainTunnel(topology).client) return `${publicUrl(topology)}${tunnel.up ? '' : ' (down)'}`;
  const service = topology.services.find((candidate) => candidate.name === name);
  // What listens on the host's network by itself is published nowhere.
  const [first = ''] = service ? socketsOf(service) : [];
  return container.addresses.join(', ') || first;
}

function summary(
  containers: readonly ContainerState[],
  project: SynthesisedProject,
  tunnel: TunnelState,
): string {
  const rows = containers.map((container) => {
    const { name, service, image, health } = container;
    // Containers run an image by its content address; people know it by its tag.
    const tag = project.images.byService.get(service)?.reference ?? image;
    return [name, tag, health, addressOf(service, project, tunnel, container)];
  });
  return table(['container', 'image', 'health', 'address'], rows);
}

/** Ends a deployment: the containers, the tunnel, the address to open. */
export async function reportDeployment(
  project: SynthesisedProject,
  options: { readonly json?: boolean },
  startedMs: number,
): Promise<void> {
  const { settings, topology } = project;
  const [tunnel, containers] = await Promise.all([
    waitForTunnel(topology, settings, TUNNEL_DEADLINE_MS),
    projectContainers(topology.project),
  ]);
  const [local, remote] = [localUrl(topology), publicUrl(topology)];
  if (options.json) {
    printJson({ containers, tunnel, local, public: remote });
    return;
  }
  console.log(summary(containers, project, tunnel));
  if (tunnel.up) console.log(`${paint('green', '✓')} Tunnel up: ${remote}`);
  else {
    const sign = paint('yellow', '!');
    console.log(`${sign} Tunnel down: ${tunnel.reason}. It comes up by itself when the server does.`);
  }
  console.log(`${paint('green', '✓')} Deployed in ${secondsSince(startedMs)}. Open ${local}`);
}
