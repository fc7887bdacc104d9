/** Synthesises the stack into a folder of its own, and gives the JSON that terraform would read. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeEnvironments } from '../../scripts/deployment/environments.ts';
import { ensureSecrets, fingerprint } from '../../scripts/deployment/secrets.ts';
import { planImages } from '../../scripts/images/plan.ts';
import { type Synthesis as Synthesised, synthesise as synthesiseStack } from '../../stacks/app.ts';
import type { HostFacts } from '../../stacks/topology/host.ts';
import type { ServiceDefinition } from '../../stacks/topology/service.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { deploymentOf, type Environment } from './topology.ts';

// biome-ignore lint/suspicious/noExplicitAny: the JSON is asserted by value
export type Json = any;

export const HOST: Omit<HostFacts, 'packageFolder'> = {
  bridgeGateway: '172.17.0.1',
  bridgeSubnet: '172.17.0.0/16',
  bridgeDevice: 'docker0',
  engineApi: '1.41',
};

/** What a synthesis gave. */
export interface Synthesis extends Omit<Synthesised, 'folder'> {
  readonly topology: Topology;
  readonly json: Json;
  /** The JSON as it is on disk. */
  readonly text: string;
  /** The contents of all generated secrets. */
  readonly secrets: readonly string[];
  /** The package's folder, as the host had it. */
  readonly packageFolder: string;
  /** The one container of a service. */
  container(service: string): Json;
  /** What `apply-config` is handed for a service. */
  config(service: string): Json;
}

export function synthesise(
  environment: Environment = {},
  host: Omit<HostFacts, 'packageFolder'> = HOST,
  services: readonly ServiceDefinition[] = [],
): Synthesis {
  const packageFolder = mkdtempSync(join(tmpdir(), 'btcw-synth-'));
  try {
    const onHost = { ...host, packageFolder };
    const { settings, topology } = deploymentOf(environment, services, onHost);
    const files = ensureSecrets(settings, packageFolder);
    composeEnvironments(topology, packageFolder);
    const { folder, ...rest } = synthesiseStack(
      {
        topology,
        host: onHost,
        images: planImages(topology, process.cwd()).byService,
        fingerprint: (file) => fingerprint(file, files.fingerprintKey),
      },
      join(packageFolder, 'out'),
    );
    const text = readFileSync(join(folder, 'cdk.tf.json'), 'utf8');
    const json = JSON.parse(text);
    const containers = Object.values(json.resource.docker_container) as Json[];
    const configs = (Object.values(json.resource.terraform_data) as Json[])
      .map((data) => data.provisioner?.[0]?.['local-exec']?.environment?.APPLY_CONFIG)
      .filter(Boolean)
      .map((spec) => JSON.parse(spec));
    const name = (service: string) => `${topology.project}-${service}`;
    const { adminPassword, jwtSecret, frpToken, fingerprintKey } = files;
    return {
      ...rest,
      topology,
      json,
      text,
      packageFolder,
      secrets: [adminPassword, jwtSecret, frpToken, fingerprintKey].map((file) =>
        readFileSync(file, 'utf8').trim(),
      ),
      container: (service) => containers.find((container) => container.name === name(service)),
      config: (service) => configs.find((config) => config.container === name(service)),
    };
  } finally {
    rmSync(packageFolder, { recursive: true });
  }
}
