/** One deployment's inputs, gathered in the one order they flow: settings, host, secrets, images, synthesis. */
import { synthesise } from '../../stacks/app.ts';
import type { HostFacts } from '../../stacks/host.ts';
import { type PlannedImages, planImages } from '../../stacks/images.ts';
import { ensureSecrets, type SecretFiles } from '../../stacks/secrets.ts';
import { loadSettings, type Settings } from '../../stacks/settings.ts';
import { gatherHostFacts } from './host.ts';

export interface Project {
  readonly settings: Settings;
  readonly host: HostFacts;
  readonly images: PlannedImages;
  readonly secrets: SecretFiles;
}

/** Everything runs from the package's own folder: npm, cdktf and scripts/run.mjs see to it. */
export const root = process.cwd();

/** @throws {UserError} for wrong settings, or where Docker does not answer */
export async function loadProject(): Promise<Project> {
  const settings = loadSettings();
  const host = await gatherHostFacts();
  return { settings, host, images: planImages(settings, root), secrets: ensureSecrets(settings, root) };
}

export interface SynthesisedProject extends Project {
  /** The folder to run terraform in. */
  readonly folder: string;
}

export async function synthesiseProject(): Promise<SynthesisedProject> {
  const project = await loadProject();
  return { ...project, folder: synthesise(project) };
}
