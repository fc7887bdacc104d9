import { Construct } from 'constructs';
import { Network as DockerNetwork, labelBlocks } from '../provider.ts';
import { labelsOf } from '../topology/labels.ts';
import type { Bridge, Network } from '../topology/network.ts';

export interface ProjectNetworkProps {
  readonly project: string;
  readonly network: Network | Bridge;
}

/** A network of the project; nothing for one that is Docker's own. */
export class ProjectNetwork extends Construct {
  /** The name as a reference: what is on the network waits for it. */
  readonly reference: string;
  readonly resource: DockerNetwork | undefined;

  constructor(scope: Construct, id: string, { project, network }: ProjectNetworkProps) {
    super(scope, id);
    if (!network.own) {
      this.reference = network.name;
      return;
    }
    this.resource = new DockerNetwork(this, 'Network', {
      name: network.name,
      driver: 'bridge',
      ...('subnet' in network && { ipamConfig: [{ subnet: network.subnet, gateway: network.gateway }] }),
      options: { 'com.docker.network.bridge.name': network.device },
      labels: labelBlocks(labelsOf(project, 'network')),
    });
    this.reference = this.resource.name;
  }
}
