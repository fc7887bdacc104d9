/** What a deployment shows: each resource as it is done, and the containers at the end. */

import { messages } from '../../messages/index.ts';
import { isChecked } from '../../stacks/topology/health.ts';
import { type Service, socketsOf } from '../../stacks/topology/service.ts';
import { localUrl, mainTunnel, publicUrl } from '../../stacks/topology/urls.ts';
import { labelled } from '../bootstrap/step.mjs';
import { type ContainerState, projectContainers } from '../docker/containers.ts';
import { stateText } from '../docker/inspect.ts';
import { shownUrls } from '../engine-host/place.ts';
import { printJson } from '../lib/json.ts';
import { begin, during, type Task } from '../lib/live.ts';
import { hanging, paint, secondsSince, table } from '../lib/report.ts';
import type { ApplicationProblem } from './application-problems.ts';
import type { SynthesisedProject } from './project.ts';
import type { TerraformEvent } from './terraform.ts';
import { outlook, type TunnelState, waitForTunnel } from './tunnel.ts';

const said = messages.deployment.report;

const TUNNEL_DEADLINE_MS = 15_000;
/** How long frpc may wait before it tries again, once an embedded server is back; at most 20 s. */
const RECONNECT_MS = 30_000;
/** Everything is healthy, and cannot be reached from outside. */
export const TUNNEL_DOWN_EXIT_CODE = 3;

/** What happens to a container, by Terraform's action. */
const WORDS: Readonly<Record<string, typeof said.other>> = {
  create: said.create,
  update: said.update,
  delete: said.delete,
};

/** What a container is when Terraform has created it. */
const createdWord = ({ oneOff, health }: Service): string =>
  oneOff ? said.readyToRun : isChecked(health) ? said.create.done : said.started;

/**
 * Shows what `apply` does, from its events: each resource while it is worked on, and a line when that is done.
 * @param names what resources are called for people, by their addresses; the others are not shown
 */
export function progress(
  names: ReadonlyMap<string, string>,
  services: readonly Service[] = [],
): (event: TerraformEvent) => void {
  const doneWord = (name: string, words: typeof said.other): string => {
    const service = services.find(({ containerName }) => containerName === name);
    return service && words === WORDS.create ? createdWord(service) : words.done;
  };
  const tasks = new Map<string, Task>();
  const startedMs = new Map<string, number>();
  let whole: Task | undefined;
  let [done, planned] = [0, 0];
  const count = () => whole?.note(said.doneOf(done, planned));

  return ({ type, hook, change, changes, '@message': message }) => {
    if (type === 'change_summary' && changes && !whole) {
      planned = changes.add + changes.change + changes.remove;
      if (planned > 0) whole = begin(said.deployment);
      count();
    }
    if (type === 'apply_complete') {
      done += 1;
      count();
    }
    if (type === 'apply_ended') {
      for (const task of [...tasks.values(), whole]) task?.end();
      tasks.clear();
      whole = undefined;
      done = 0;
    }
    const address = hook?.resource.addr ?? change?.resource.addr;
    const name = address && names.get(address);
    // The state forgets an image, the host keeps it.
    const isKept = address?.startsWith('docker_image.') && hook?.action === 'delete';
    if (!name || isKept) return;
    const key = `${address} ${hook?.action}`;
    const isContainer = address.startsWith('docker_container.');
    const words = (isContainer && WORDS[hook?.action ?? '']) || said.other;
    if (type === 'apply_start') {
      startedMs.set(key, Date.now());
      tasks.set(key, begin(name, { indent: '  ', note: isContainer ? words.doing : '' }));
    } else if (type === 'container_waits') {
      tasks.get(key)?.note(message);
    } else if (type === 'apply_complete') {
      const word = hook?.action === 'delete' ? said.delete.done : doneWord(name, words);
      const took = secondsSince(startedMs.get(key) ?? Date.now());
      tasks.get(key)?.end(`  ${paint('green', '✓')} ${labelled(name, word)} (${took})`);
      tasks.delete(key);
    } else if (type === 'apply_errored') {
      tasks.get(key)?.end(`  ${paint('red', '✗')} ${name}`);
      tasks.delete(key);
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
  if (name === mainTunnel(topology).client)
    return `${publicUrl(topology)}${tunnel.up ? '' : ` (${said.down})`}`;
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
    return [name, tag, stateText(health), addressOf(service, project, tunnel, container)];
  });
  return table(Object.values(said.head), rows);
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
  const [tunnel, containers] = await during(said.waitsForTunnel, () =>
    Promise.all([
      waitForTunnel(topology, settings, TUNNEL_DEADLINE_MS, patienceMs),
      projectContainers(topology.project),
    ]),
  );
  if (!tunnel.up) process.exitCode = TUNNEL_DOWN_EXIT_CODE;
  const isBroken = problems.some((problem) => problem.isBroken);
  if (isBroken) process.exitCode = 1;
  const [local, remote] = [localUrl(topology), publicUrl(topology)];
  if (options.json) {
    printJson({ changed, containers, tunnel, local, public: remote, problems });
    return;
  }
  const [shownLocal, shownRemote] = await shownUrls(local, remote);
  console.log(summary(containers, project, tunnel));
  const sign = tunnel.up ? paint('green', '✓') : paint('yellow', '!');
  const state = tunnel.up ? said.tunnelUp(shownRemote) : said.tunnelDown(tunnel.reason, outlook(tunnel));
  console.log(hanging(sign, state));
  const yellow = paint('yellow', '!');
  for (const { text, isBroken: isError } of problems) {
    console.log(`${isError ? paint('red', '✗') : yellow} ${text}`);
  }
  const end = problems.length > 0 ? yellow : sign;
  const what = [headline, ...(tunnel.up ? [] : [said.withoutTunnel]), ...(isBroken ? [said.butBroken] : [])];
  console.log(hanging(end, `${what.join(said.comma)}${said.stop}${said.open(shownLocal)}`));
}
