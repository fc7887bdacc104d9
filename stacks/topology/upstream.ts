/** What the reverse proxy sends requests to. */
import type { Settings } from '../settings/definitions.ts';
import type { HostFacts } from './host.ts';
import { gatewayOf } from './network.ts';
import type { Port, Service } from './service.ts';

/** A service behind the reverse proxy, with the paths that are sent to it. */
export interface Upstream {
  /** Name of the service. */
  readonly service: string;
  /** Where the reverse proxy reaches it. @example '172.17.0.1:8000' */
  readonly address: string;
  /** Without slashes at their ends. @example ['/api'] */
  readonly paths: readonly string[];
  /** Path that answers with status 2xx or 3xx while the service is healthy. @example '/health' */
  readonly healthPath: string;
}

/** A path without the slashes at its end: `/docs/` is the same as `/docs`. */
export const pathOf = (route: string): string => route.replace(/\/+$/, '') || '/';

/** Whether a path is sent along a route: `/api` takes `/api` and `/api/...`, and not `/apifoo`. */
export function takes(route: string, path: string): boolean {
  const [pathname = ''] = path.split('?', 1);
  return route === '/' || pathname === route || pathname.startsWith(`${route}/`);
}

/** A port's number on the host, read through the settings: who uses it depends on its setting. */
const hostPort = (settings: Settings, port: Port): number =>
  port.setting ? (settings[port.setting] as number) : port.host;

/** The services that have routes. */
export function upstreamsOf(
  settings: Settings,
  host: HostFacts,
  services: readonly Pick<Service, 'name' | 'networks' | 'ports' | 'routes' | 'healthPath'>[],
): Upstream[] {
  return services
    .filter(({ routes }) => routes.length > 0)
    .map(({ name, networks, ports, routes, healthPath }) => {
      const [port] = ports;
      // Without one it is refused by the topology, with what to do.
      const number = port ? hostPort(settings, port) : 0;
      const gateway = gatewayOf(settings, host);
      const [address] = port?.addresses ?? [];
      // A program on the host listens where it does.
      const isElsewhere = networks.length === 0;
      return {
        service: name,
        address: `${isElsewhere ? address : gateway}:${number}`,
        paths: [...new Set(routes.map(pathOf))],
        healthPath,
      };
    });
}

/** The numbers of ports on the host. */
export const hostPorts = (settings: Settings, ports: readonly Port[]): number[] =>
  ports.map((port) => hostPort(settings, port));
