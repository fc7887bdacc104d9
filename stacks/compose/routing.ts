/** Which services nginx sends requests to, and where each of them listens. */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import { hostPrograms } from '../topology/host-program.ts';
import type { Port } from '../topology/service.ts';
import type { Draft, PublishedPort } from './draft.ts';
import type { Report } from './node.ts';

const said = messages.compose.routing;

/** What a service that nginx routes to has beside what the file says. */
export interface Route {
  readonly paths: readonly string[];
  /** Inside the container. */
  readonly port: number;
  readonly healthPath: string;
}

/** The two whose names say what they are. */
const KNOWN = {
  backend: { port: 8000, setting: 'BTCW_BACKEND_PORT' },
  frontend: { port: 3000, setting: 'BTCW_FRONTEND_PORT' },
} as const;

const knownAs = (name: string) => (name === 'backend' || name === 'frontend' ? KNOWN[name] : undefined);

/** @param services those that stay up */
function pathsOf(
  services: readonly Draft[],
  settings: Settings,
  report: Report,
): Map<Draft, readonly string[]> {
  const paths = new Map<Draft, readonly string[]>();
  const usual = (name: string): readonly string[] =>
    name === 'backend' ? settings.BTCW_BACKEND_PATHS : name === 'frontend' ? ['/'] : [];
  // What runs on this host has the place of the file's service of that name.
  const programs = hostPrograms(settings);
  for (const draft of services) {
    if (programs.some(({ name }) => name === draft.name)) continue;
    const routes = draft.extension.routes ?? usual(draft.name);
    if (routes.length > 0) paths.set(draft, routes);
  }
  const [only] = services.length === 1 ? services : paths.size === 1 ? paths.keys() : [];
  if (only && programs.length === 0 && !only.extension.routes && !paths.get(only)?.includes('/')) {
    report.notice(said.allRequests, only.name);
    return new Map([[only, ['/']]]);
  }
  const [first] = services;
  if (!first) return paths;
  const { source } = first.node;
  const all = [...paths.values(), ...programs.map(({ routes = [] }) => routes)];
  if (all.length === 0) {
    report.problem(
      { source, line: 1, key: 'services' },
      said.noRoutes(services.map(({ name }) => name).join(', ')),
    );
  } else if (!all.some((list) => list.includes('/'))) {
    report.problem({ source, line: 1, key: 'services' }, said.noRoot);
  }
  return paths;
}

/** The services that nginx routes to. */
export function routesOf(services: readonly Draft[], settings: Settings, report: Report): Map<Draft, Route> {
  const routes = new Map<Draft, Route>();
  for (const [draft, paths] of pathsOf(services, settings, report)) {
    const { extension, exposed, ports, name, node } = draft;
    const port = extension.port ?? exposed[0] ?? ports[0]?.container ?? knownAs(name)?.port;
    if (port === undefined) {
      report.problem(node, said.noPort);
      continue;
    }
    // A page answers at "/", an API often does not.
    const usual = paths.includes('/') ? '/' : settings.BTCW_BACKEND_HEALTH_PATH;
    const byName = name === 'backend' ? settings.BTCW_BACKEND_HEALTH_PATH : usual;
    routes.set(draft, { paths, port, healthPath: extension.health ?? byName });
  }
  return routes;
}

function published(
  draft: Draft,
  { node, host, container, address }: PublishedPort,
  gateway: string,
  report: Report,
): Port[] {
  if (host === undefined) {
    report.problem(node, said.hostPort(container));
    return [];
  }
  if (address === undefined) report.notice(said.narrowed, said.portOf(host, draft.name));
  return [{ container, host, addresses: address === undefined ? ['127.0.0.1', gateway] : [address] }];
}

/** The ports of a service, that of its route first. */
export function portsOf(
  draft: Draft,
  route: Route | undefined,
  settings: Settings,
  gateway: string,
  report: Report,
): Port[] {
  const isRouted = ({ container }: PublishedPort) => container === route?.port;
  const others = draft.ports
    .filter((port) => !isRouted(port))
    .flatMap((port) => published(draft, port, gateway, report));
  if (!route) return others;
  const given = draft.ports.find(isRouted);
  const setting = knownAs(draft.name)?.setting;
  const host = setting ? settings[setting] : (given?.host ?? route.port);
  if (given && given.address === undefined) report.notice(said.narrowed, said.portOf(host, draft.name));
  // Without a setting it is the file's own.
  if (setting && given?.host !== undefined && given.host !== host) {
    report.notice(said.otherPort(host, given.host, setting), draft.name);
  }
  const addresses = ['127.0.0.1', gateway];
  return [{ container: route.port, host, addresses, ...(setting && { setting }) }, ...others];
}
