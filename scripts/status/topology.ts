/** The chain as it is now, hop by hop: a pure function of doctor's facts and findings. */
import type { Finding, Hop } from '../doctor/checks/check.ts';
import type { ContainerFacts, Facts } from '../doctor/facts.ts';

export type HopState = 'up' | 'warning' | 'down' | 'unknown';

/** One box of the picture. */
export interface PictureHop {
  readonly hop: Hop;
  readonly title: string;
  readonly address: string;
  readonly state: HopState;
  /** @example 'healthy, up 3 h' */
  readonly note: string;
}

/** One line of the picture: how long an answer takes over it. */
export interface PictureLink {
  readonly from: Hop;
  readonly to: Hop;
  readonly label: string;
  /** Undefined where nothing came back. */
  readonly ms: number | undefined;
}

export interface Topology {
  readonly project: string;
  readonly hops: readonly PictureHop[];
  readonly links: readonly PictureLink[];
  readonly problems: readonly { readonly hop: Hop; readonly cause: string; readonly fix: string }[];
  /** Whether the frp server is the stand-in on this machine. */
  readonly embedded: boolean;
  readonly drawnAtMs: number;
}

function noteOf(one: ContainerFacts | undefined, facts: Facts): string {
  if (!facts.containers) return 'not known';
  if (!one) return 'missing';
  if (one.status !== 'running') return one.status;
  return one.health === 'none' ? 'running' : one.health;
}

const answered = (answer: { status: number; ms: number } | undefined): number | undefined =>
  answer && answer.status > 0 ? answer.ms : undefined;

/** @param findings what `diagnose` made of the same facts */
export function topology(facts: Facts, findings: readonly Finding[]): Topology {
  const { settings } = facts;
  const embedded = !settings.BTCW_FRP_SERVER_ADDR;
  const failures = findings.filter(({ level }) => level === 'failure');
  // Without an engine nothing is known of what it runs.
  const blind = failures.some(({ id }) => id === 'docker');
  const stateOf = (hop: Hop, known: boolean): HopState => {
    if (failures.some((one) => one.hop === hop)) return 'down';
    if (blind || !known) return 'unknown';
    return findings.some((one) => one.hop === hop && one.level === 'warning') ? 'warning' : 'up';
  };
  const frpsAddress = `${settings.BTCW_FRP_SERVER_ADDR ?? '127.0.0.1'}:${settings.BTCW_FRP_REMOTE_PORT}`;
  const { BTCW_GATEWAY: gateway } = settings;
  const container = (hop: Exclude<Hop, 'browser' | 'host'>, title: string, address: string): PictureHop => ({
    hop,
    title,
    address,
    state: stateOf(hop, Boolean(facts.containers)),
    note: noteOf(facts.containers?.[hop], facts),
  });
  const reached = facts.remote.status > 0;
  const tokenRefused = failures.some(({ hop }) => hop === 'browser');
  return {
    project: settings.BTCW_PROJECT,
    embedded,
    drawnAtMs: facts.nowMs,
    hops: [
      {
        hop: 'browser',
        title: 'browser',
        address: 'opens the page',
        state: tokenRefused ? 'down' : reached ? 'up' : 'unknown',
        note: tokenRefused ? 'token refused' : reached ? `status ${facts.remote.status}` : 'gets no answer',
      },
      embedded
        ? container('frps', 'frps (stand-in)', `${frpsAddress}`)
        : {
            hop: 'frps',
            title: 'frps',
            address: frpsAddress,
            state: stateOf('frps', true),
            note: facts.frpServer.connectMs === undefined ? 'does not answer' : 'answers',
          },
      container('frpc', 'frpc', 'host network'),
      container('nginx', 'nginx', `${settings.BTCW_NGINX_BIND}:${settings.BTCW_NGINX_PORT}`),
      container('backend', 'backend', `${gateway}:${settings.BTCW_BACKEND_PORT}`),
      container('frontend', 'frontend', `${gateway}:${settings.BTCW_FRONTEND_PORT}`),
    ],
    links: [
      { from: 'browser', to: 'frps', label: 'page', ms: answered(facts.remote) },
      {
        from: 'frps',
        to: 'frpc',
        label: 'tunnel',
        ms: facts.tunnel?.up ? facts.frpServer.connectMs : undefined,
      },
      { from: 'frpc', to: 'nginx', label: 'page', ms: answered(facts.local) },
      { from: 'nginx', to: 'backend', label: '/api', ms: answered(facts.inside.backend) },
      { from: 'nginx', to: 'frontend', label: '/', ms: answered(facts.inside.frontend) },
    ],
    problems: failures.map(({ hop, detail, fix }) => ({ hop, cause: detail, fix })),
  };
}
