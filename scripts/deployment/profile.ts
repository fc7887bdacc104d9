/** Which profile a deployment's application has, and who of its services is the owner's own. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { messages } from '../../messages/index.ts';
import type { Settings } from '../../stacks/settings/definitions.ts';
import type { Service } from '../../stacks/topology/service.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import { type AppProfile, GENERIC_PROFILE, REFERENCE_PROFILE } from '../lib/app-profile.ts';
import { parseProfile } from '../lib/profile-file.ts';
import { root } from './host.ts';

const said = messages.deployment.profile;

/** Whether a service runs an image that is not made from this package's files. */
export const isOwn = ({ image }: Pick<Service, 'image'>): boolean =>
  image.kind === 'reference' || image.kind === 'context';

/** Whether the backend is the reference application. */
const hasReferenceBackend = ({ services }: Pick<Topology, 'services'>): boolean =>
  services.some((service) => service.name === 'backend' && !isOwn(service));

/** @throws {UserError} with file, line and key of each mistake in the file that BTCW_APP_PROFILE names */
export function profileOf(
  { BTCW_APP_PROFILE: given }: Pick<Settings, 'BTCW_APP_PROFILE'>,
  topology: Pick<Topology, 'services'>,
): AppProfile {
  const name = given ?? (hasReferenceBackend(topology) ? 'reference' : 'generic');
  if (name === 'reference') return REFERENCE_PROFILE;
  if (name === 'generic') return GENERIC_PROFILE;
  const path = relative(root, name);
  return parseProfile(readFileSync(name, 'utf8'), path.startsWith('..') ? name : path);
}

/** Path of the login; undefined where the profile names none. */
export const loginPathOf = (
  settings: Pick<Settings, 'BTCW_APP_PROFILE'>,
  services: readonly Service[],
): string | undefined => profileOf(settings, { services }).login?.path;

/** Whether an application refuses a login for who logs in, rather than for how. */
export const isUnknownUser = (
  { status }: { readonly status: number },
  { name }: Pick<AppProfile, 'name'>,
): boolean => status === 401 || (name !== 'reference' && [400, 403].includes(status));

/** What makes a user known; undefined for the reference application, which gets its user from a deployment. */
export const userFix = (
  { name }: Pick<AppProfile, 'name'>,
  user: string,
  passwordFile: string,
): string | undefined => (name === 'reference' ? undefined : said.makeUser(user, passwordFile));
