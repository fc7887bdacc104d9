import { createHash } from 'node:crypto';
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
  /** Its network interface on the host. @example 'docker0' */
  readonly device: string;
  /** @example '172.17.0.0/16' */
  readonly subnet: string;

  constructor(scope: Construct, id: string, props: BridgeNetworkProps) {
    super(scope, id);
    this.gateway = props.gateway;
    if (props.gateway === props.host.bridgeGateway) {
      this.networkMode = 'bridge';
      this.device = props.host.bridgeDevice;
      this.subnet = props.host.bridgeSubnet;
      return;
    }
    this.device = deviceOf(props.project);
    this.subnet = subnetOf(props.gateway);
    const network = new Network(this, 'Network', {
      name: props.project,
      driver: 'bridge',
      ipamConfig: [{ subnet: this.subnet, gateway: props.gateway }],
      options: { 'com.docker.network.bridge.name': this.device },
      labels: projectLabels(props.project, 'network'),
    });
    this.networkMode = network.name;
  }
}

/** The /24 around a gateway: room for this project, and little chance to meet another network. */
export const subnetOf = (gateway: string): string => `${gateway.split('.').slice(0, 3).join('.')}.0/24`;

/** A name for the bridge's interface that can be known beforehand; the kernel allows 15 characters. */
const deviceOf = (project: string): string =>
  `btcw-${createHash('sha256').update(project).digest('hex').slice(0, 8)}`;
