import { Construct } from 'constructs';
import { renderGuardRules } from '../render/guard-rules.ts';
import type { BridgeNetwork } from './bridge-network.ts';
import type { Image } from './image.ts';
import { type Deployment, ServiceContainer } from './service-container.ts';

export interface GuardProps {
  readonly deployment: Deployment;
  readonly image: Image;
  readonly network: BridgeNetwork;
  /** Ports of nginx, backend and frontend: on the host, and inside the containers. */
  readonly ports: readonly number[];
}

/**
 * Keeps the ports that Docker publishes on loopback and on the gateway from the host's neighbours
 * (docs/decisions/0006-guard.md). The one container that runs as root and has a capability: packet filter rules take
 * both. It listens to nothing, reads no file, and carries no traffic.
 */
export class Guard extends Construct {
  constructor(scope: Construct, id: string, props: GuardProps) {
    super(scope, id);
    const { device, subnet } = props.network;
    const table = `guard-${props.deployment.project}`;
    new ServiceContainer(this, 'Service', {
      deployment: props.deployment,
      component: 'guard',
      image: props.image,
      networkMode: 'host',
      user: '0:0',
      capabilities: ['CAP_NET_ADMIN'],
      command: [table, renderGuardRules({ table, device, subnet, ports: props.ports })],
      healthcheck: ['CMD', 'nft', 'list', 'table', 'ip', table],
      memoryMiB: 64,
      pidsLimit: 16,
    });
  }
}
