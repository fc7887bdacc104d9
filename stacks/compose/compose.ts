/**
 * Reads a project's compose file: the services that are deployed, and what is changed on the way. All problems are told
 * together, each with file, line and key. Pure: files are read through a parameter, no process runs.
 * https://docs.docker.com/reference/compose-file/
 */
import { basename, dirname, join, relative } from 'node:path/posix';
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import type { FileSystem } from '../settings/rules.ts';
import type { HostFacts } from '../topology/host.ts';
import { gatewayOf } from '../topology/network.ts';
import type { ServiceDefinition } from '../topology/service.ts';
import { handToBackend } from './backend.ts';
import { definitionOf } from './definition.ts';
import { type Context, type Draft, emptyDraft } from './draft.ts';
import { Extensions, loadFile, servicesIn } from './extends.ts';
import { checkFiles } from './files.ts';
import { imageOf, takeStandIns } from './images.ts';
import { readKeys } from './keys.ts';
import { mergeNodes } from './merge.ts';
import { isMap, type MapNode, type Node, Report } from './node.ts';
import { checkOrder, nameServices } from './order.ts';
import { checkRouteLabels, isProxy, leaveOut } from './proxies.ts';
import { checkNetworks } from './relations.ts';
import { portsOf, routesOf } from './routing.ts';
import { Reader, read, type Variables } from './values.ts';
import { checkVolumes } from './volumes.ts';

const said = messages.compose.compose;

/** What a compose file comes to. */
export interface ComposeProject {
  readonly services: readonly ServiceDefinition[];
  /** A line for each thing that is changed on the way. */
  readonly notices: readonly string[];
  /** A line for each thing that is wrong or not supported; then there are no services. */
  readonly problems: readonly string[];
}

export interface ComposeInput {
  /** Absolute path of the compose file. */
  readonly file: string;
  /** `.env` and the environment. */
  readonly variables: Variables;
  readonly settings: Settings;
  readonly host: HostFacts;
  readonly files: FileSystem;
}

const TOP_KEYS = ['services', 'volumes', 'networks', 'secrets', 'configs', 'name', 'version'];
const TOP_REFUSED = {
  include: said.include,
  models: said.models,
};
const OVERRIDES = [
  'compose.override.yaml',
  'compose.override.yml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/** The file, with the one beside it that Compose lays over it. */
function rootOf(file: string, reader: Reader, files: FileSystem): MapNode | undefined {
  const source = (path: string) => {
    const name = relative(files.resolve('.'), path);
    return { path, name: name.startsWith('..') ? path : name };
  };
  const root = loadFile(source(file), { reader, files });
  const override = OVERRIDES.map((name) => join(dirname(file), name)).find(
    (path) => files.stat(path)?.kind === 'file',
  );
  if (!root || !override || !/^(docker-)?compose\.ya?ml$/.test(basename(file))) return root;
  const over = loadFile(source(override), { reader, files });
  if (!over) return undefined;
  reader.report.notice(said.override, basename(override));
  const merged = mergeNodes(root, over);
  return isMap(merged) ? { ...merged, source: root.source } : undefined;
}

const mapOf = (root: MapNode, key: string, reader: Reader): ReadonlyMap<string, Node> => {
  const node = root.entries.get(key);
  return new Map(node ? reader.map(node) : []);
};

/** Whether a service belongs to what is started: it has no profile, or one that is on. */
function isActive(node: MapNode, reader: Reader): boolean {
  const profiles = node.entries.get('profiles');
  if (!profiles) return true;
  const on = (reader.variables.COMPOSE_PROFILES ?? '').split(',').map((name) => name.trim());
  const names = reader.texts(profiles);
  return names.length === 0 || on.includes('*') || names.some((name) => on.includes(name));
}

/** The services that are on, each with what is wrong in it. */
function activeOf(root: MapNode, context: Context) {
  const { reader } = context;
  const extensions = new Extensions(context, root);
  const inactive = new Set<string>();
  const active: { readonly draft: Draft; readonly report: Report }[] = [];
  for (const [name, node] of servicesIn(root)) {
    const resolved = extensions.resolve(node);
    if (!resolved) continue;
    if (!isActive(resolved, reader)) {
      inactive.add(name);
      continue;
    }
    const draft = emptyDraft(name, resolved);
    const report = new Report();
    readKeys(draft, { ...context, reader: new Reader(report, reader.variables) });
    active.push({ draft, report });
  }
  return { active, inactive };
}

/** The services that are deployed; what is wrong in a reverse proxy that is left out is of no concern. */
function draftsOf(root: MapNode, context: Context) {
  const { report } = context.reader;
  const { active, inactive } = activeOf(root, context);
  const drafts: Draft[] = [];
  const leftOut = new Set<string>();
  const paths: string[] = [];
  for (const { draft, report: own } of active) {
    if (active.length > 1 && isProxy(draft) && draft.extension.keep !== true) {
      leftOut.add(draft.name);
      paths.push(...leaveOut(draft, context.files, report));
    } else {
      report.add(own);
      drafts.push(draft);
    }
  }
  if (leftOut.size > 0) for (const draft of drafts) checkRouteLabels(draft, report);
  return { drafts, leftOut, inactive, paths };
}

/** Paths that a proxy of the file's own knew, and this package's does not. */
function checkPaths(paths: readonly string[], routed: readonly string[], report: Report): void {
  const unknown = paths.filter(
    (path) => !routed.includes(path.replace(/(.)\/$/, '$1')) && !path.startsWith('/.well-known'),
  );
  if (unknown.length === 0) return;
  report.notice(said.paths([...new Set(unknown)].join(', ')));
}

function servicesOf(
  root: MapNode,
  { settings, host, files, variables }: ComposeInput,
  report: Report,
): ServiceDefinition[] {
  const reader = new Reader(report, { ...variables, COMPOSE_PROJECT_NAME: settings.BTCW_PROJECT });
  const name = read(reader.fields(root, TOP_KEYS, TOP_REFUSED), 'name', (node) => reader.text(node));
  if (name && name !== settings.BTCW_PROJECT) {
    report.notice(said.projectName(settings.BTCW_PROJECT, name));
  }
  const context: Context = {
    reader,
    files,
    volumes: mapOf(root, 'volumes', reader),
    secrets: mapOf(root, 'secrets', reader),
    configs: mapOf(root, 'configs', reader),
  };
  const { drafts, leftOut, inactive, paths } = draftsOf(root, context);
  if (drafts.length === 0) report.problem({ ...root, key: 'services' }, said.noService);
  takeStandIns(drafts, settings, report);
  const used = drafts.flatMap(({ definition }) => (definition.volumes ?? []).map(({ purpose }) => purpose));
  checkVolumes(context.volumes, new Set(used), context);
  checkFiles(context);
  checkNetworks(mapOf(root, 'networks', reader), reader);
  const names = nameServices(drafts, report);
  const { dependsOn, oneOff } = checkOrder(drafts, { leftOut, inactive, names }, report);
  const routes = routesOf(
    drafts.filter((draft) => !oneOff.has(draft.name)),
    settings,
    report,
  );
  checkPaths(
    paths,
    [...routes.values()].flatMap((route) => route.paths),
    report,
  );
  const databases = handToBackend(drafts, settings, host, report);
  const gateway = gatewayOf(settings, host);
  return drafts.flatMap((draft) => {
    const image = imageOf(draft, drafts, settings, report);
    if (!image) return [];
    const route = routes.get(draft);
    const placement = {
      name: names.get(draft.name) ?? draft.name,
      image,
      route,
      ports: portsOf(draft, route, settings, gateway, report),
      dependsOn: [...(dependsOn.get(draft.name) ?? []), ...(draft.name === 'backend' ? databases : [])],
      oneOff: oneOff.has(draft.name),
    };
    return [definitionOf(draft, placement, report)];
  });
}

export function readCompose(input: ComposeInput): ComposeProject {
  const report = new Report();
  const root = rootOf(input.file, new Reader(report, input.variables), input.files);
  const services = root ? servicesOf(root, input, report) : [];
  const { problems, notices } = report;
  return { services: problems.length > 0 ? [] : services, notices, problems };
}
