/**
 * Keeps the ports that Docker publishes on loopback and on the bridge from the host's neighbours
 * (docs/decisions/0006-guard.md). The one container that runs as root and has a capability: packet filter rules take
 * both. It listens to nothing, reads no file, and carries no traffic.
 */
import { messages } from '../../messages/index.ts';
import { renderGuardRules } from '../render/guard-rules.ts';
import type { Settings } from '../settings/definitions.ts';
import { commandHealth } from './health.ts';
import { assetImage, baseImage } from './image-source.ts';
import { type Bridge, networksOf } from './network.ts';
import { isOnHostNetwork, type Service, type ServiceDefinition } from './service.ts';
import { portNumbers } from './upstream.ts';

/** @param services all others, whose published ports and networks it guards */
export function guard(
  settings: Settings,
  bridge: Bridge,
  services: readonly Pick<Service, 'networks' | 'ports'>[],
): ServiceDefinition {
  const table = `guard-${settings.BTCW_PROJECT}`;
  const published = services.filter((service) => !isOnHostNetwork(service)).flatMap(({ ports }) => ports);
  const own = networksOf(bridge, services).filter(({ key }) => key !== bridge.key);
  const rules = renderGuardRules({
    table,
    device: bridge.device,
    subnet: bridge.subnet,
    ports: portNumbers(settings, published),
    networks: own.map(({ device }) => device),
  });
  return {
    name: 'guard',
    id: 'Guard',
    image: assetImage('guard', baseImage(settings)),
    networks: [{ network: 'host' }],
    user: '0:0',
    capabilities: ['CAP_NET_ADMIN'],
    command: [table, rules],
    health: commandHealth('nft', 'list', 'table', 'ip', table),
    limits: { memoryMiB: 64, pids: 16 },
    disruption: messages.topology.disruption.guard,
  };
}
