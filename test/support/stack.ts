/** Synthesises the stack into a folder of its own, and gives the JSON that terraform would read. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesise as synthesiseStack } from '../../stacks/app.ts';
import type { HostFacts } from '../../stacks/host.ts';
import { planImages } from '../../stacks/images.ts';
import { ensureSecrets } from '../../stacks/secrets.ts';
import { parseSettings } from '../../stacks/settings.ts';

// biome-ignore lint/suspicious/noExplicitAny: the JSON is asserted by value
export type Json = any;

export const HOST: HostFacts = {
  bridgeGateway: '172.17.0.1',
  bridgeSubnet: '172.17.0.0/16',
  bridgeDevice: 'docker0',
  engineApi: '1.41',
};

/** What a synthesis gave. */
export interface Synthesis {
  readonly json: Json;
  /** The JSON as it is on disk. */
  readonly text: string;
  /** The contents of all generated secrets. */
  readonly secrets: readonly string[];
  /** The one container of a component. */
  container(component: string): Json;
  /** What `apply-config` is handed for a component. */
  config(component: string): Json;
}

export function synthesise(environment: Record<string, string> = {}, host: HostFacts = HOST): Synthesis {
  const folder = mkdtempSync(join(tmpdir(), 'btcw-synth-'));
  try {
    const settings = parseSettings(environment, '');
    const secrets = ensureSecrets(settings, folder);
    const images = planImages(settings, process.cwd());
    const output = synthesiseStack({ settings, host, images, secrets }, join(folder, 'out'));
    const text = readFileSync(join(output, 'cdk.tf.json'), 'utf8');
    const json = JSON.parse(text);
    const containers = Object.values(json.resource.docker_container) as Json[];
    const configs = (Object.values(json.resource.terraform_data) as Json[])
      .map((data) => data.provisioner?.[0]?.['local-exec']?.environment?.APPLY_CONFIG)
      .filter(Boolean)
      .map((spec) => JSON.parse(spec));
    const name = (component: string) => `${settings.BTCW_PROJECT}-${component}`;
    return {
      json,
      text,
      secrets: Object.values(secrets).map((file) => readFileSync(file, 'utf8').trim()),
      container: (component) => containers.find((one) => one.name === name(component)),
      config: (component) => configs.find((one) => one.container === name(component)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
