/** What commands would do that `diff` does not tell. Each changes nothing, and ends with the exit codes of `diff`. */
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { holdsData } from '../../stacks/topology/service.ts';
import { loadDeployment, synthesiseProject } from '../deployment/project.ts';
import { changedSettings, releases, restoreConfiguration } from '../deployment/releases.ts';
import { explain, type TerraformEvent, terraform } from '../deployment/terraform.ts';
import { projectContainers } from '../docker/containers.ts';
import { inspect, projectIds } from '../docker/inspect.ts';
import { printJson } from '../lib/json.ts';
import { during } from '../lib/live.ts';
import { table } from '../lib/report.ts';

const said = messages.commands.dryRun;
const { live } = messages.deployment;

interface DryRunOptions {
  readonly json?: boolean;
}

/** As JSON has it, too. */
interface Step {
  readonly action: string;
  readonly kind: string;
  readonly name: string;
}

function show(steps: readonly Step[], { json }: DryRunOptions, more: object, text: string): void {
  const changed = steps.length > 0;
  process.exitCode = changed ? 2 : 0;
  if (json) {
    printJson({ dryRun: true, changed, ...more, steps });
    return;
  }
  if (changed) {
    const actions: Readonly<Record<string, string>> = said.actions;
    const kinds: Readonly<Record<string, string>> = said.kinds;
    const rows = steps.map(({ action, kind, name }) => [
      actions[action] ?? action,
      kinds[kind] ?? kind,
      name,
    ]);
    console.log(table([said.would, said.what, said.name], rows));
  }
  console.log(text);
}

/** What `destroy` would remove. */
export async function planDestroy({
  volumes: withData = false,
  ...options
}: DryRunOptions & { readonly volumes?: boolean }): Promise<void> {
  const { project } = loadDeployment().topology;
  const [containers, volumes, networkIds] = await Promise.all([
    projectContainers(project),
    projectIds('volume', project),
    projectIds('network', project),
  ]);
  const networks = await inspect('network', networkIds);
  const remove = (kind: string, names: readonly string[]): Step[] =>
    names.map((name) => ({ action: 'remove', kind, name }));
  const kept = volumes.filter((name) => holdsData(name) && !withData);
  const steps = [
    ...remove(
      'container',
      containers.map(({ name }) => name),
    ),
    ...remove(
      'volume',
      volumes.filter((name) => !kept.includes(name)),
    ),
    ...remove(
      'network',
      networks.map(({ Name }) => Name),
    ),
  ];
  const data = kept.length > 0 ? said.dataStays(kept.join(', ')) : said.noData;
  show(steps, options, { kept }, steps.length > 0 ? data : said.nothingDeployed(project));
}

/** What `rebuild` would do: each declared container is replaced, or made where there is none. */
export async function planRebuild(options: DryRunOptions): Promise<void> {
  const { project, services } = loadDeployment().topology;
  const existing = new Set((await projectContainers(project)).map(({ name }) => name));
  const steps = services.map(({ containerName: name }) => ({
    action: existing.has(name) ? 'replace' : 'create',
    kind: 'container',
    name,
  }));
  show(steps, options, {}, said.rebuild);
}

/** What `rollback` would go back to, and what that changes. */
export async function planRollback(options: DryRunOptions): Promise<void> {
  const { settings, topology, synthesis } = await during(live.reads, () => synthesiseProject());
  const { project } = topology;
  const { folder } = synthesis;
  const kept = releases(project);
  for (const target of kept.slice(-2).reverse()) {
    // Only where terraform plans: the next command writes that file anew.
    restoreConfiguration(project, target, folder);
    const names = new Map([...synthesis.names, ...Object.entries(target.names ?? {})]);
    const steps: Step[] = [];
    const take = ({ type, change }: TerraformEvent) => {
      if (type !== 'planned_change' || !change) return;
      const { addr } = change.resource;
      steps.push({ action: change.action, kind: addr.split('.')[0] ?? '', name: names.get(addr) ?? addr });
    };
    const { exitCode, diagnostics } = await during(live.compares, () =>
      terraform(folder, ['plan', '-detailed-exitcode'], take),
    );
    if (exitCode !== 0 && exitCode !== 2) throw explain(project, diagnostics);
    // What runs is this deployment: then rollback goes one further.
    if (exitCode === 0) continue;
    const ahead = changedSettings(target, settings);
    const list = ahead.map(({ name, to }) => `${name}=${to}`).join(', ');
    const text = list ? said.goesBackWithoutSettings(target.id, list) : said.goesBack(target.id);
    show(steps, options, { release: target.id }, text);
    return;
  }
  throw new UserError(said.noEarlier);
}
