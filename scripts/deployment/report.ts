/** What a deployment shows: each resource as it is done, and the containers at the end. */

import { isChecked } from '../../stacks/topology/health.ts';
import { type Service, socketsOf } from '../../stacks/topology/service.ts';
import { localUrl, mainTunnel, publicUrl } from '../../stacks/topology/urls.ts';
import { type ContainerState, projectContainers } from '../docker/containers.ts';
import { printJson } from '../lib/json.ts';
import { paint, secondsSince, table } from '../lib/report.ts';
import type { ApplicationProblem } from './application-problems.ts';
import type { SynthesisedProject } from './project.ts';
import type { TerraformEvent } from './terraform.ts';
import { outlook, type TunnelState, waitForTunnel } from './tunnel.ts';

const TUNNEL_DEADLINE_MS = 15_000;
/** How long frpc may wait before it tries again, once an embedded server is back; at most 20 s. */
const RECONNECT_MS = 30_000;
/** Everything is healthy, and cannot be reached from outside. */
export const TUNNEL_DOWN_EXIT_CODE = 3;

interface Words {
  readonly doing: string;
  readonly done: string;
}

/** What happens to a container, by Terraform's action. */
const WORDS: Readonly<Record<string, Words>> = {
  create: { doing: 'starting', done: 'healthy' },
  update: { doing: 'updating', done: 'updated' },
  delete: { doing: 'stopping', done: 'removed' },
};
const OTHER_WORDS = { doing: 'starting', done: 'done' };

/** What a container is when Terraform has created it. */
const createdWord = ({ oneOff, health }: Service): string =>
  oneOff ? 'ready to run' : isChecked(health) ? 'healthy' : 'started';

/** @param names what resources are called for people, by their addresses; the others are not shown */
export function progress(
  names: ReadonlyMap<string, string>,
  services: readonly Service[] = [],
): (event: TerraformEvent) => void {
  const started = new Map<string, number>();
  const doneWord = (name: string, words: Words): string => {
    const service = services.find(({ containerName }) => containerName === name);
    return service && words === WORDS.create ? createdWord(service) : words.done;
  };
  return ({ type, hook, change }) => {
    const address = hook?.resource.addr ?? change?.resource.addr;
    const name = address && names.get(address);
    if (!name) return;
    const key = `${address} ${hook?.action}`;
    const isContainer = address.startsWith('docker_container.');
    const words = (isContainer && WORDS[hook?.action ?? '']) || OTHER_WORDS;
    if (type === 'apply_start') {
      started.set(key, Date.now());
      if (isContainer) console.log(`  … ${name}: ${words.doing}`);
    } else if (type === 'apply_progress' && isContainer) {
      console.log(`  … ${name}: ${hook?.elapsed_seconds} s`);
    } else if (type === 'apply_complete') {
      const done = hook?.action === 'delete' ? 'removed' : doneWord(name, words);
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

/** What has come of it beside its containers. */
interface Outcome {
  /** @default true */
  readonly changed?: boolean;
  /** What does not work in spite of that. @default [] */
  readonly problems?: readonly ApplicationProblem[];
}

/**
 * Ends a deployment whose containers are healthy: shows them, the tunnel, the address to open. Exit code 3 where the
 * tunnel is down, 1 where an application of the owner's cannot work.
 * @param headline what was done. @example 'Deployed in 8.6 s'
 */
export async function reportDeployment(
  project: SynthesisedProject,
  options: { readonly json?: boolean },
  headline: string,
  { changed = true, problems = [] }: Outcome = {},
): Promise<void> {
  const { settings, topology } = project;
  const patienceMs = changed && mainTunnel(topology).server ? RECONNECT_MS : 0;
  const [tunnel, containers] = await Promise.all([
    waitForTunnel(topology, settings, TUNNEL_DEADLINE_MS, patienceMs),
    projectContainers(topology.project),
  ]);
  if (!tunnel.up) process.exitCode = TUNNEL_DOWN_EXIT_CODE;
  const isBroken = problems.some((problem) => problem.isBroken);
  if (isBroken) process.exitCode = 1;
  const [local, remote] = [localUrl(topology), publicUrl(topology)];
  if (options.json) {
    printJson({ changed, containers, tunnel, local, public: remote, problems });
    return;
  }
  console.log(summary(containers, project, tunnel));
  const sign = tunnel.up ? paint('green', '✓') : paint('yellow', '!');
  const state = tunnel.up ? `up: ${remote}` : `down: ${tunnel.reason}. ${outlook(tunnel)}`;
  console.log(`${sign} Tunnel ${state}`);
  const yellow = paint('yellow', '!');
  for (const { text, isBroken: isError } of problems) {
    console.log(`${isError ? paint('red', '✗') : yellow} ${text}`);
  }
  const but = isBroken ? ', but the application does not work' : '';
  const end = problems.length > 0 ? yellow : sign;
  console.log(`${end} ${headline}${tunnel.up ? '' : ', without the tunnel'}${but}. Open ${local}`);
}
