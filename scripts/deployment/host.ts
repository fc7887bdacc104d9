/** Gathers what synthesis has to know of the Docker host. */
import { readFileSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { apiTimedFor } from '../../stacks/topology/health.ts';
import type { HostFacts } from '../../stacks/topology/host.ts';
import { docker } from '../docker/client.ts';
import { engineHost } from '../docker/engine.ts';
import { type ContainerInspection, inspect, type NetworkInspection } from '../docker/inspect.ts';
import type { EngineHost } from '../engine-host/engine-host.ts';
import { firstAddress, parseRoutes, type Route } from '../lib/subnets.ts';

const said = messages.deployment.host;

/** Where everything runs from: the package's own folder; npm, cdktf and scripts/run.mjs see to it. */
export const root = process.cwd();

/** Docker's default bridge. */
export type BridgeFacts = Pick<HostFacts, 'bridgeGateway' | 'bridgeSubnet' | 'bridgeDevice'>;

/** The default bridge's addresses and interface. A freshly started engine lists no gateway. */
export function bridgeFacts(bridge: NetworkInspection | undefined): BridgeFacts {
  const config = bridge?.IPAM.Config?.find((entry) => entry.Subnet?.includes('.'));
  if (config?.Subnet) {
    return {
      bridgeGateway: config.Gateway ?? firstAddress(config.Subnet),
      bridgeSubnet: config.Subnet,
      bridgeDevice: bridge?.Options?.['com.docker.network.bridge.name'] ?? 'docker0',
    };
  }
  throw new UserError(said.noSubnet, said.noSubnetFix);
}

/** @param table what /proc/net/fib_trie holds */
export const localAddresses = (table: string): string[] => [
  ...new Set(
    [...table.matchAll(/\|-- ([\d.]+)(?:\n +\/\d+ .*)*?\n +\/32 host LOCAL/g)].map(
      ([, address = '']) => address,
    ),
  ),
];

/**
 * The IPv4 addresses of the engine's host. Asked of the kernel: Node leaves out interfaces without a carrier, and docker0
 * has none while no container runs on it.
 */
export async function addressesOf(host: EngineHost): Promise<string[]> {
  try {
    return localAddresses(await host.read('/proc/net/fib_trie'));
  } catch (error) {
    if (host.name !== undefined) throw error;
    // A sandbox may hide that table.
    return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  }
}

/**
 * The zone that a link to the zone database names. Not the environment's TZ: the deployment would change with the shell.
 * @example zoneOf('../usr/share/zoneinfo/Asia/Shanghai') // 'Asia/Shanghai'
 */
export const zoneOf = (link: string): string | undefined => /\/zoneinfo\/([\w/+-]+)$/.exec(link)?.[1];

function hostTimeZone(): string | undefined {
  try {
    return zoneOf(readlinkSync('/etc/localtime'));
  } catch {
    return undefined;
  }
}

const NANO = 1e9;

/**
 * The API that the health checks of containers are timed for: an engine that was upgraded in place need not replace them.
 * @returns undefined where there are none
 */
export const healthApiOf = (containers: readonly ContainerInspection[]): string | undefined =>
  apiTimedFor(
    containers.map(({ Config: { Healthcheck: check } }) => ({
      intervalSec: (check?.Interval ?? 0) / NANO,
      timeoutSec: (check?.Timeout ?? 0) / NANO,
      startPeriodSec: (check?.StartPeriod ?? 0) / NANO,
      retries: check?.Retries ?? 0,
    })),
  );

/** @throws {UserError} when the engine does not answer */
export async function gatherHostFacts(): Promise<HostFacts> {
  const [[bridge], engineApi, host] = await Promise.all([
    inspect('network', ['bridge']),
    docker(['version', '--format', '{{.Server.APIVersion}}'], { what: said.askingEngine }),
    engineHost(),
  ]);
  // What is in the environment reaches Terraform by itself.
  const context = process.env.DOCKER_HOST ? undefined : host;
  const timeZone = hostTimeZone();
  return {
    ...bridgeFacts(bridge),
    engineApi,
    packageFolder: root,
    ...(context && { engineHost: context }),
    ...(timeZone && { timeZone }),
  };
}

/** Where Docker's default bridge is, unless it is configured otherwise. */
const DEFAULT_BRIDGE = { device: 'docker0', subnet: '172.17.0.0/16' };

const ROUTES = '/proc/net/route';

/** The subnets that the engine's host has routes to; none where the kernel does not tell. */
export const routesOf = async (host: EngineHost): Promise<Route[]> =>
  parseRoutes(await host.read(ROUTES).catch(() => ''));

/** The same of this host; none where the kernel does not tell. */
export function hostRoutes(): Route[] {
  try {
    return parseRoutes(readFileSync(ROUTES, 'utf8'));
  } catch {
    return [];
  }
}

/**
 * The host as the kernel shows it: for what has to know the services, and may not depend on an engine that answers.
 * Deploying asks the engine.
 */
export function assumedHost(routes: readonly Route[] = hostRoutes()): HostFacts {
  const { device } = DEFAULT_BRIDGE;
  const { subnet } = routes.find((route) => route.device === device) ?? DEFAULT_BRIDGE;
  return {
    bridgeGateway: firstAddress(subnet),
    bridgeSubnet: subnet,
    bridgeDevice: device,
    engineApi: '',
    packageFolder: root,
  };
}
