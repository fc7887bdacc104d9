/** Settings and topologies for tests, as the environment would give them; no user's .env reaches them. */
import { assumedHost } from '../../scripts/deployment/host.ts';
import { loginPathOf } from '../../scripts/deployment/profile.ts';
import type { Deployment } from '../../scripts/deployment/project.ts';
import { disk } from '../../scripts/deployment/settings.ts';
import { planImages } from '../../scripts/images/plan.ts';
import type { Settings } from '../../stacks/settings/definitions.ts';
import { parseSettings } from '../../stacks/settings/parse.ts';
import type { HostFacts } from '../../stacks/topology/host.ts';
import type { ServiceDefinition } from '../../stacks/topology/service.ts';
import { type Topology, topologyOf } from '../../stacks/topology/topology.ts';

export type Environment = Readonly<Record<string, string>>;

/** Settings that are checked against the files of this host. */
export const settingsOf = (environment: Environment = {}, dotEnv = ''): Settings =>
  parseSettings(environment, dotEnv, disk);

/** What `loadDeployment` gives, for an environment of the test's own. */
export function deploymentOf(
  environment: Environment = {},
  services: readonly ServiceDefinition[] = [],
  host?: HostFacts,
): Deployment {
  const settings = settingsOf(environment);
  const topology = topologyOf(settings, services, host ?? assumedHost([]), loginPathOf);
  return { settings, topology, notices: [] };
}

/** The topology of these settings, on a host that is as they take it to be. */
export const topologyFor = (
  environment: Environment = {},
  services: readonly ServiceDefinition[] = [],
): Topology => deploymentOf(environment, services).topology;

/** The image that this checkout plans for a service; never whichever of that name the host has. */
export function imageOf(service: string, environment: Environment = {}): string {
  const image = planImages(deploymentOf(environment).topology, process.cwd()).byService.get(service);
  if (!image) throw new Error(`no image is planned for ${service}`);
  return image.reference;
}
