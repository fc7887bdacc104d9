/** What can be known to fail before anything is changed: ports in use, an address this host has not got. */
import { createServer } from 'node:net';
import { UserError } from '../../stacks/errors.ts';
import type { SettingName, Settings } from '../../stacks/settings.ts';
import { projectContainers } from './containers.ts';
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

/** Why an address cannot be listened on; undefined when it can. */
function bindError(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The names of the bridge networks, other than ours, that have this gateway. */
async function networksWithGateway(gateway: string, project: string): Promise<string[]> {
  const ids = (await docker(['network', 'ls', '--quiet', '--filter', 'driver=bridge'])).split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const networks = JSON.parse(await docker(['network', 'inspect', ...ids])) as {
    Name: string;
    IPAM: { Config?: { Gateway?: string }[] };
  }[];
  return networks
    .filter((network) => network.Name !== project && network.IPAM.Config?.some((one) => one.Gateway === gateway))
    .map((network) => network.Name);
}

/**
 * @throws {UserError} naming each setting whose port is taken, or a gateway that cannot be had
 */
export async function preflight({ settings, host }: Project): Promise<void> {
  const project = settings.BTCW_PROJECT;
  const own = await projectContainers(project);
  const running = own.filter((container) => container.status === 'running');
  // What our own running containers hold is not in the way.
  const held = new Set(running.flatMap((container) => container.addresses));
  if (running.some((container) => container.component === 'frps')) {
    const previous = listeners(settings).filter((one) => one.setting.startsWith('BTCW_FRP_'));
    for (const one of previous) held.add(`${one.address}:${one.port}`);
  }
  const problems: string[] = [];
  if (settings.BTCW_GATEWAY !== host.bridgeGateway) {
    for (const name of await networksWithGateway(settings.BTCW_GATEWAY, project)) {
      problems.push(
        `BTCW_GATEWAY: should be free for a network of this project, got "${settings.BTCW_GATEWAY}", which Docker network "${name}" has. Use ${host.bridgeGateway}, the default bridge's gateway on this host.`,
      );
    }
    const code = await bindError(settings.BTCW_GATEWAY, 0);
    const ownsIt = own.length > 0 && code === undefined;
    if (code === undefined && !ownsIt && problems.length === 0) {
      problems.push(
        `BTCW_GATEWAY: should be free for a network of this project, got "${settings.BTCW_GATEWAY}", which another interface of this host has. Use ${host.bridgeGateway}, the default bridge's gateway on this host.`,
      );
    }
  }
  for (const { setting, address, port } of listeners(settings)) {
    if (held.has(`${address}:${port}`)) continue;
    const code = await bindError(address, port);
    if (code === 'EADDRINUSE') {
      const holder = portHolder(port);
      problems.push(`${setting}: should be a free port, got "${port}", which ${holder ?? 'another program'} uses on ${address}. Stop it, or choose another port.`);
    } else if (code === 'EACCES') {
      problems.push(`${setting}: should be above 1023 for this user, got "${port}". Choose another port.`);
    } else if (code === 'EADDRNOTAVAIL' && setting === 'BTCW_NGINX_PORT') {
      problems.push(`BTCW_NGINX_BIND: should be an address of this host, got "${address}". See: ip -brief address`);
    }
  }
  if (problems.length > 0) throw new UserError(problems.join('\n'));
}
