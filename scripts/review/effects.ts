/**
 * What a deployment will do to each container, in one line: the effect on those who are connected, what causes it, and
 * how long it lasts. Pure.
 */
import type { SettingName } from '../../stacks/settings.ts';
import { COMPONENTS } from '../lib/components.ts';
import type { Reviewed } from './facts.ts';

/** A change Terraform plans. */
export interface PlannedChange {
  readonly address: string;
  /** @example 'replace' */
  readonly action: string;
  readonly reason?: string;
}

/** A setting that is not what was deployed. */
export interface ChangedSetting {
  readonly name: SettingName;
  readonly from: string;
  readonly to: string;
}

/** One row of the review. */
export interface Effect {
  readonly container: string;
  readonly effect: string;
  readonly because: readonly string[];
  /** Expected outage, as measured on a small machine. */
  readonly outage: string;
}

/** The containers that a setting reaches; a port or address also reaches those who connect there. */
const REACHES: Readonly<Record<SettingName, readonly string[]>> = {
  BTCW_PROJECT: COMPONENTS,
  BTCW_GATEWAY: ['nginx', 'backend', 'frontend', 'guard'],
  BTCW_NGINX_BIND: ['nginx', 'frpc'],
  BTCW_NGINX_PORT: ['nginx', 'frpc', 'guard'],
  BTCW_GUARD: ['guard'],
  BTCW_BACKEND_PORT: ['backend', 'nginx', 'guard'],
  BTCW_FRONTEND_PORT: ['frontend', 'nginx', 'guard'],
  BTCW_BACKEND_IMAGE: ['backend'],
  BTCW_BACKEND_CONTEXT: ['backend'],
  BTCW_BACKEND_ENV_FILE: ['backend'],
  BTCW_BACKEND_HEALTH_PATH: ['backend'],
  BTCW_FRONTEND_IMAGE: ['frontend'],
  BTCW_FRONTEND_CONTEXT: ['frontend'],
  BTCW_FRONTEND_MODE: ['frontend'],
  BTCW_NGINX_IMAGE: ['nginx'],
  BTCW_FRPC_IMAGE: ['frpc'],
  BTCW_BASE_IMAGE: COMPONENTS,
  BTCW_FRP_SERVER_ADDR: ['frpc', 'frps'],
  BTCW_FRP_SERVER_PORT: ['frpc', 'frps'],
  BTCW_FRP_PROXY_NAME: ['frpc'],
  BTCW_FRP_REMOTE_PORT: ['frpc', 'frps'],
  BTCW_FRP_TOKEN_FILE: ['frpc', 'frps'],
  BTCW_FRP_TLS_CA_FILE: ['frpc'],
  BTCW_ADMIN_USER: ['backend'],
  BTCW_ADMIN_PASSWORD_FILE: ['backend'],
  BTCW_PRICE_FEED_URL: ['backend'],
  BTCW_LOG_KEEP_DAYS: ['frpc'],
  BTCW_LOG_MAX_SIZE: COMPONENTS,
  BTCW_MAX_CONNECTIONS: ['nginx'],
};

/** Who notices when a container is away for a moment. */
function dropped(component: string): string {
  if (component === 'frpc' || component === 'frps') return 'tunnel drops';
  if (component === 'guard') return 'open to neighbours meanwhile';
  return component === 'frontend' ? 'pages wait, sockets stay' : 'sockets drop';
}

const OUTAGE = {
  create: 'until healthy, 3 to 5 s',
  restart: '2 to 4 s',
  down: 'it is down now',
  none: 'none',
} as const;

/** The strongest effect on one container. */
function effectOf(
  { declared, differences, intruder }: Reviewed,
  changes: ReadonlyMap<string, PlannedChange>,
): Pick<Effect, 'effect' | 'outage'> | undefined {
  const own = changes.get(declared.address)?.action;
  const config = declared.configAddress !== undefined && changes.has(declared.configAddress);
  const mends = new Set(differences.map(({ mend }) => mend));
  const drops = dropped(declared.component);
  if (own === 'create' && !intruder) return { effect: 'create', outage: OUTAGE.down };
  if (intruder || own === 'replace' || mends.has('container')) {
    return { effect: `recreate (${drops})`, outage: OUTAGE.create };
  }
  if (differences.some(({ what }) => what === 'state')) return { effect: 'start', outage: OUTAGE.down };
  const activation = config || mends.has('config') ? declared.config?.activation : undefined;
  if (activation === 'restart') return { effect: `restart (${drops})`, outage: OUTAGE.restart };
  if (activation === 'reload') return { effect: 'reload (sockets stay)', outage: OUTAGE.none };
  if (own || activation || mends.size > 0 || changes.has(declared.limitAddress)) {
    return { effect: 'update (nothing drops)', outage: OUTAGE.none };
  }
  return undefined;
}

/** Why: the settings and images that changed, else how the container was changed by hand. */
function causes(
  reviewed: Reviewed,
  changes: ReadonlyMap<string, PlannedChange>,
  settings: readonly ChangedSetting[],
  deployedImages: ReadonlyMap<string, string>,
): string[] {
  const { declared, differences, intruder } = reviewed;
  const found = settings
    .filter(({ name }) => REACHES[name].includes(declared.component))
    .map(({ name, from, to }) => `${name}: ${from || 'unset'} → ${to || 'unset'}`);
  const deployed = deployedImages.get(declared.component);
  if (deployed && deployed !== declared.image) found.push(`image: ${deployed} → ${declared.image}`);
  if (intruder) found.push('made by hand, not by deploy');
  // A setting or image that is about to change explains what differs; without one, somebody changed the container.
  if (found.length === 0 || intruder)
    found.push(...differences.map(({ what, detail }) => `${what}: ${detail}`));
  if (found.length === 0) {
    const action = changes.get(declared.address);
    if (action?.action === 'create') found.push('not there');
    else if (action?.reason === 'tainted') found.push('the last deployment of it failed');
    else found.push('a secret or something it depends on changed');
  }
  return found;
}

/** The review: a row for each container that something will happen to. */
export function effects(
  reviewed: readonly Reviewed[],
  planned: readonly PlannedChange[],
  settings: readonly ChangedSetting[],
  deployedImages: ReadonlyMap<string, string>,
): Effect[] {
  const changes = new Map(planned.map((change) => [change.address, change]));
  return reviewed.flatMap((one) => {
    const effect = effectOf(one, changes);
    if (!effect) return [];
    return [
      { container: one.declared.name, ...effect, because: causes(one, changes, settings, deployedImages) },
    ];
  });
}

/**
 * What `terraform apply` has to be told to replace, since it cannot see that it differs.
 * @param planned what it will do by itself
 */
export function replacements(
  reviewed: readonly Reviewed[],
  planned: readonly PlannedChange[] = [],
): string[] {
  const plannedAddresses = new Set(planned.map(({ address }) => address));
  const addresses = reviewed.flatMap(({ declared, differences, intruder, unread }) => {
    // One that is not in the state will be created; it only has to get out of the way.
    if (intruder) return [];
    const config = declared.configAddress ? [declared.configAddress] : [];
    if (unread) return config;
    return differences.flatMap(({ mend }) => {
      if (mend === 'config') return config;
      if (mend === 'limit') return [declared.limitAddress];
      return mend === 'container' ? [declared.address] : [];
    });
  });
  return [...new Set(addresses)].filter((address) => !plannedAddresses.has(address));
}
