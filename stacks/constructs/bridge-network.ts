import { Network } from '@cdktf/provider-docker/lib/network/index.js';
import { Construct } from 'constructs';
import type { HostFacts } from '../host.ts';
import { projectLabels } from './labels.ts';

export interface BridgeNetworkProps {
  readonly project: string;
  /** Address through which containers reach the host's published ports. @example '172.17.0.1' */
  readonly gateway: string;
  readonly host: HostFacts;
}

/**
 * The bridge whose gateway is `gateway`: Docker's default one where that has it, else a network of this project.
 */
export class BridgeNetwork extends Construct {
  readonly gateway: string;
  /** What containers name as their network mode. */
  readonly networkMode: string;

  constructor(scope: Construct, id: string, props: BridgeNetworkProps) {
    super(scope, id);
    this.gateway = props.gateway;
    if (props.gateway === props.host.bridgeGateway) {
      this.networkMode = 'bridge';
      return;
    }
    const network = new Network(this, 'Network', {
      name: props.project,
      driver: 'bridge',
      ipamConfig: [{ subnet: subnetOf(props.gateway), gateway: props.gateway }],
      labels: projectLabels(props.project, 'network'),
    });
    this.networkMode = network.name;
  }
}

/** The /24 around a gateway: room for this project, and little chance to meet another network. */
export const subnetOf = (gateway: string): string => `${gateway.split('.').slice(0, 3).join('.')}.0/24`;
