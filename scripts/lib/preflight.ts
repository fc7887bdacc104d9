/** What can be known to fail before anything is changed: ports in use, an address this host has not got. */
import { createServer } from 'node:net';
import { subnetOf } from '../../stacks/constructs/bridge-network.ts';
import { UserError } from '../../stacks/errors.ts';
import type { SettingName, Settings } from '../../stacks/settings.ts';
import { projectContainers } from './containers.ts';
import { hostAddresses } from './host.ts';
import { portHolder } from './ports.ts';
import { docker } from './programs.ts';
import type { Project } from './project.ts';

/** A socket the deployment will listen on. */
export interface Listener {
  readonly setting: SettingName;
  readonly address: string;
  readonly port: number;
}

/** Everything the topology listens on, on this host. */
export function listeners(settings: Settings): Listener[] {
  const published = (['BTCW_BACKEND_PORT', 'BTCW_FRONTEND_PORT'] as const).flatMap((setting) =>
    ['127.0.0.1', settings.BTCW_GATEWAY].map((address) => ({ setting, address, port: settings[setting] })),
  );
  const nginx = {
    setting: 'BTCW_NGINX_PORT' as const,
    address: settings.BTCW_NGINX_BIND,
    port: settings.BTCW_NGINX_PORT,
  };
  const embedded = (['BTCW_FRP_SERVER_PORT', 'BTCW_FRP_REMOTE_PORT'] as const).map((setting) => ({
    setting,
    address: '127.0.0.1',
    port: settings[setting],
  }));
  return [nginx, ...published, ...(settings.BTCW_FRP_SERVER_ADDR ? [] : embedded)];
}

/** The states in which a container's ports are taken. */
const HOLDS_ITS_PORTS = new Set(['running', 'paused', 'restarting']);

/** Why an address cannot be listened on; undefined when it can. */
function bindError(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/**
 * Tries each listener that is not ours already.
 * @param held `address:port` of what this project's running containers listen on
 * @returns a line for each setting that cannot be used
 */
export async function portProblems(
  wanted: readonly Listener[],
  held: ReadonlySet<string>,
): Promise<string[]> {
  const problems = await Promise.all(
    wanted
      .filter(({ address, port }) => !held.has(`${address}:${port}`))
      .map(async ({ setting, address, port }) => {
        switch (await bindError(address, port)) {
          case 'EADDRINUSE': {
            const { who, fix } = portHolder(port);
            return `${setting}: should be a free port, got "${port}", which ${who} uses on ${address}. ${fix}`;
          }
          case 'EADDRNOTAVAIL':
            // The gateway of a network that deploy will make is no address of this host yet.
            return setting === 'BTCW_NGINX_PORT'
              ? `BTCW_NGINX_BIND: should be an address of this host, got "${address}". See: ip -brief address`
              : undefined;
          default:
            // Docker's engine binds the ports, so a user's own lack of permission says nothing.
            return undefined;
        }
      }),
  );
  return problems.filter((problem) => problem !== undefined);
}

/** A Docker network, as far as its addresses matter. */
export interface BridgeAddresses {
  readonly name: string;
  readonly gateway: string;
}

/**
 * Whether a network of this project could have the gateway.
 * @param addresses those of this host's interfaces
 */
export function gatewayProblem(
  settings: Pick<Settings, 'BTCW_GATEWAY' | 'BTCW_PROJECT'>,
  bridgeGateway: string,
  networks: readonly BridgeAddresses[],
  addresses: readonly string[],
): string | undefined {
  const gateway = settings.BTCW_GATEWAY;
  const holder = networks.find((network) => subnetOf(network.gateway) === subnetOf(gateway));
  if (gateway === bridgeGateway || (holder?.name === settings.BTCW_PROJECT && holder.gateway === gateway)) {
    return undefined;
  }
  const inTheWay =
    (holder && `Docker network "${holder.name}" has ${holder.gateway}`) ??
    (addresses.includes(gateway) ? 'another interface of this host has it' : undefined);
  return inTheWay
    ? `BTCW_GATEWAY: should be free for a network of this project, got "${gateway}", but ${inTheWay}. Use ${bridgeGateway}, the gateway of the default bridge here.`
    : undefined;
}

async function bridgeNetworks(): Promise<BridgeAddresses[]> {
  const ids = (await docker(['network', 'ls', '--quiet', '--filter', 'driver=bridge']))
    .split('\n')
    .filter(Boolean);
  const networks = JSON.parse(await docker(['network', 'inspect', ...ids])) as {
    Name: string;
    IPAM: { Config?: { Gateway?: string }[] };
  }[];
  return networks.flatMap(({ Name, IPAM }) =>
    (IPAM.Config ?? []).flatMap(({ Gateway }) => (Gateway ? [{ name: Name, gateway: Gateway }] : [])),
  );
}

/** @throws {UserError} naming each setting whose port is taken, or a gateway that cannot be had */
export async function preflight({ settings, host }: Project): Promise<void> {
  const containers = await projectContainers(settings.BTCW_PROJECT);
  const running = containers.filter(({ status }) => HOLDS_ITS_PORTS.has(status));
  const held = new Set(running.flatMap((container) => container.addresses));
  const wanted = listeners(settings);
  if (running.some((container) => container.component === 'frps')) {
    // On the host's network, its ports are in no list of published ones.
    for (const { setting, address, port } of wanted) {
      if (setting.startsWith('BTCW_FRP_')) held.add(`${address}:${port}`);
    }
  }
  const problems = await portProblems(wanted, held);
  if (settings.BTCW_GATEWAY !== host.bridgeGateway) {
    const problem = gatewayProblem(settings, host.bridgeGateway, await bridgeNetworks(), hostAddresses());
    if (problem) problems.unshift(problem);
  }
  if (problems.length > 0) throw new UserError(problems.join('\n'));
}
