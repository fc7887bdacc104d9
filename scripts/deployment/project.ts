/** One deployment's inputs, gathered in the one order they flow: settings, host, topology, secrets, images, synthesis. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Synthesis, synthesise } from '../../stacks/app.ts';
import { PROVIDER_SOURCE, PROVIDER_VERSION } from '../../stacks/provider.ts';
import type { Settings } from '../../stacks/settings/definitions.ts';
import type { HostFacts } from '../../stacks/topology/host.ts';
import type { SecretFiles } from '../../stacks/topology/secrets.ts';
import { type Topology, topologyOf } from '../../stacks/topology/topology.ts';
import { type PlannedImages, planImages } from '../images/plan.ts';
import { assumedHost, gatherHostFacts, root } from './host.ts';
import { ensureSecrets, fingerprint } from './secrets.ts';
import { loadSettings } from './settings.ts';
import { ensureState } from './state.ts';

/** What is to be deployed, as far as it can be known without asking the Docker engine. */
export interface Deployment {
  readonly settings: Settings;
  readonly topology: Topology;
}

/** What is to be deployed on this host. */
export interface Project extends Deployment {
  readonly host: HostFacts;
  readonly secrets: SecretFiles;
  readonly images: PlannedImages;
}

export interface SynthesisedProject extends Project {
  readonly synthesis: Synthesis;
}

/** @throws {UserError} for wrong settings */
export function loadDeployment(): Deployment {
  const settings = loadSettings();
  return { settings, topology: topologyOf(settings, [], assumedHost()) };
}

/** @throws {UserError} for wrong settings, or where Docker does not answer */
export async function loadProject(): Promise<Project> {
  const settings = loadSettings();
  const host = await gatherHostFacts();
  const topology = topologyOf(settings, [], host);
  const secrets = ensureSecrets(settings, root);
  return { settings, topology, host, secrets, images: planImages(topology, root) };
}

/**
 * Terraform refuses to go on where the path of the state file is not the one the folder was initialised with: by an
 * earlier version, or before the checkout was moved. The file is the same, and so it may forget the other path.
 */
function forgetMovedBackend(folder: string): void {
  const cache = join(folder, '.terraform/terraform.tfstate');
  if (!existsSync(cache)) return;
  const pathIn = (file: string, pattern: RegExp) => pattern.exec(readFileSync(file, 'utf8'))?.[1];
  const initialised = pathIn(cache, /"path": "([^"]+)"/);
  const synthesised = pathIn(join(folder, 'cdk.tf.json'), /"path": "([^"]+\.tfstate)"/);
  if (initialised !== synthesised) rmSync(cache);
}

/**
 * cdktf's CLI asks the provider's registry for checksums where a folder has no lock file. One without checksums makes it
 * initialise the folder instead, which finds the provider on this host and writes them.
 */
function lockProvider(folder: string): void {
  const file = join(folder, '.terraform.lock.hcl');
  if (existsSync(file)) return;
  const fields = [`version     = "${PROVIDER_VERSION}"`, `constraints = "${PROVIDER_VERSION}"`];
  writeFileSync(file, `provider "${PROVIDER_SOURCE}" {\n  ${fields.join('\n  ')}\n}\n`);
}

/**
 * Makes the Terraform configuration of the project, and sees to it that there is a good state to go on from.
 * @throws {UserError} as {@link loadProject}, or while another run is at work
 */
export async function synthesiseProject(): Promise<SynthesisedProject> {
  const project = await loadProject();
  await ensureState(project.topology.project);
  const { fingerprintKey } = project.secrets;
  const synthesis = synthesise({
    topology: project.topology,
    host: project.host,
    images: project.images.byService,
    fingerprint: (file) => fingerprint(file, fingerprintKey),
  });
  forgetMovedBackend(synthesis.folder);
  lockProvider(synthesis.folder);
  return { ...project, synthesis };
}
