/** One deployment's inputs, gathered in the one order they flow: settings, host, topology, secrets, images, synthesis. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messages } from '../../messages/index.ts';
import type { Synthesis } from '../../stacks/app.ts';
import { FRP_PIN_FILE } from '../../stacks/render/frp-toml.ts';
import type { Settings } from '../../stacks/settings/definitions.ts';
import type { HostFacts } from '../../stacks/topology/host.ts';
import type { SecretFiles } from '../../stacks/topology/secrets.ts';
import { type Topology, topologyOf } from '../../stacks/topology/topology.ts';
import { PROVIDER } from '../bootstrap/engine.mjs';
import { buildOptions } from '../images/options.ts';
import { type PlannedImages, planImages } from '../images/plan.ts';
import { privately } from '../lib/files.ts';
import { paint } from '../lib/report.ts';
import type { Route } from '../lib/subnets.ts';
import { requireAccess } from './access.ts';
import { loadServices } from './compose.ts';
import { editionOf } from './edition.ts';
import { composeEnvironments, outsideValues } from './environments.ts';
import { checkServer, pinFacts, type ServerCheck } from './frp-pin.ts';
import { assumedHost, gatherHostFacts, root } from './host.ts';
import { foreignError, gatherOwnership, type Ownership } from './owner.ts';
import { loginPathOf } from './profile.ts';
import { namesOf, placesOf, readSecrets } from './recovered-secrets.ts';
import { lastRelease } from './releases.ts';
import { requireGoodSecrets } from './secret-problems.ts';
import { ensureDeploymentId, ensureSecrets, fingerprint, writeSecret } from './secrets.ts';
import { disk, loadSettings } from './settings.ts';
import { ensureState } from './state.ts';

const said = messages.deployment.project;

/** What is to be deployed, as far as it can be known without asking the Docker engine. */
export interface Deployment {
  readonly settings: Settings;
  readonly topology: Topology;
  /** A line for each thing that is not as the compose file says. */
  readonly notices: readonly string[];
}

/** What is to be deployed on this host. */
export interface Project extends Deployment {
  readonly host: HostFacts;
  readonly secrets: SecretFiles;
  readonly images: PlannedImages;
  readonly ownership: Ownership;
  /** How frpc checks its server. @default - that is not asked, or the server is the embedded one */
  readonly serverCheck?: ServerCheck;
}

export interface SynthesisedProject extends Project {
  readonly synthesis: Synthesis;
}

/** @param routes those of the engine's host. @default - those of this one @throws {UserError} for wrong settings */
export function loadDeployment(routes?: readonly Route[]): Deployment {
  const settings = loadSettings();
  requireAccess(settings.BTCW_PROJECT);
  const host = { ...assumedHost(routes), ...pinFacts(settings, root) };
  const { services, notices } = loadServices(settings, host);
  return { settings, topology: topologyOf(settings, services, host, loginPathOf), notices };
}

/** What a command means to do with the deployment. */
export interface LoadOptions {
  /** Whether it changes what runs, and so has to have it. @default false */
  readonly changes?: boolean;
  /** Take over what another checkout has deployed, with its secrets and its data. @default false */
  readonly adopt?: boolean;
  /** Do not check what is in the files of secrets: they will be brought back, or are not used. @default false */
  readonly anySecrets?: boolean;
  /**
   * Ask a real frp server for its certificate: to pin it, to refuse another than the pinned one, or to accept that.
   * @default - it is not asked
   */
  readonly frpCertificate?: 'check' | 'accept' | undefined;
  /** Replace every container: none has anything to keep. @default false */
  readonly replace?: boolean;
}

/** Brings secrets back that are lost, or that belong to what is adopted, and says so. */
async function recoverSecrets(topology: Topology, ownership: Ownership, isAdopted: boolean): Promise<void> {
  const { project } = topology;
  const { owner, containers, marker } = ownership;
  if (owner === 'nobody' || (owner === 'another' && !isAdopted)) return;
  const isWanted = isAdopted ? () => true : (file: string) => !existsSync(file);
  const found = await readSecrets(topology, root, containers, isWanted);
  const changed = [...found].filter(
    ([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text,
  );
  for (const [file, text] of changed) writeSecret(file, text);
  if (!isAdopted && marker) ensureDeploymentId(project, root, marker.id);
  const say = (text: string) => console.error(`${paint('yellow', '!')} ${text}`);
  const names = namesOf(changed.map(([file]) => file));
  if (names) say((isAdopted ? said.secretsAdopted : said.secretsRecovered)(project, names));
  const deployed = lastRelease(project)?.images;
  // A variable may be a new one, and a server that cannot be pinned has no pin.
  const lost = placesOf(topology, root).filter(
    ({ file, service, variable, path }) =>
      !existsSync(file) && !variable && path !== FRP_PIN_FILE && (!deployed || service.name in deployed),
  );
  const lostNames = namesOf(new Set(lost.map(({ file }) => file)));
  if (lostNames) say(said.secretsLost(project, lostNames));
}

/**
 * @throws {UserError} for wrong settings or secrets, where Docker does not answer, for a change of what another checkout
 * has deployed, or where an frp server that is asked shows another certificate than the pinned one
 */
export async function loadProject(options: LoadOptions = {}): Promise<Project> {
  const { changes = false, adopt = false, anySecrets = false, replace = false, frpCertificate } = options;
  const settings = loadSettings();
  const project = settings.BTCW_PROJECT;
  requireAccess(project);
  const [facts, ownership] = await Promise.all([gatherHostFacts(), gatherOwnership(project)]);
  const healthApi = replace ? undefined : ownership.healthApi;
  const host = { ...facts, ...(healthApi && { healthApi }) };
  const own = loadServices(settings, host);
  const topologyWith = (known: Pick<HostFacts, 'frpServerName'>) =>
    topologyOf(settings, own.services, { ...host, ...known }, loginPathOf);
  const isForeign = ownership.owner === 'another';
  if (isForeign && changes && !adopt) throw foreignError(project, ownership, root);
  // With a place for the pin, which may be in the deployment that runs.
  await recoverSecrets(topologyWith({ frpServerName: '' }), ownership, isForeign && adopt);
  const secrets = ensureSecrets(settings, root);
  // A folder or a pipe in the place of a secret is no good one.
  const read = (file: string) => (existsSync(file) ? (disk.read(file) ?? '') : undefined);
  if (!anySecrets) requireGoodSecrets(settings, secrets, read, root);
  const serverCheck = frpCertificate && (await checkServer(settings, root, frpCertificate === 'accept'));
  const topology = topologyWith(pinFacts(settings, root));
  const notices = [...own.notices, ...composeEnvironments(topology, root, { anySecrets })];
  const images = planImages(topology, root, buildOptions(settings, editionOf(project)));
  return {
    ...{ settings, topology, notices, host, secrets, images, ownership },
    ...(serverCheck && { serverCheck }),
  };
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
  const fields = [`version     = "${PROVIDER.version}"`, `constraints = "${PROVIDER.version}"`];
  writeFileSync(file, `provider "${PROVIDER.source}" {\n  ${fields.join('\n  ')}\n}\n`);
}

/**
 * Makes the Terraform configuration of the project, and sees to it that there is a good state to go on from.
 * @throws {UserError} as {@link loadProject}, or while another run is at work
 */
export async function synthesiseProject(options: LoadOptions = {}): Promise<SynthesisedProject> {
  // Before anything reads it.
  const { BTCW_PROJECT: name } = loadSettings();
  requireAccess(name);
  await ensureState(name);
  const project = await loadProject(options);
  const { fingerprintKey } = project.secrets;
  // Only now: cdktf takes a third of the time that other commands need.
  const { synthesise } = await import('../../stacks/app.ts');
  const synthesis = privately(() =>
    synthesise({
      topology: project.topology,
      host: project.host,
      images: project.images.byService,
      fingerprint: (file) => fingerprint(file, fingerprintKey, outsideValues(project.topology, file)),
    }),
  );
  forgetMovedBackend(synthesis.folder);
  lockProvider(synthesis.folder);
  return { ...project, synthesis };
}
