/** The tunnel's state, read from frpc's own log: it offers no other way that would not open a port. */
import type { Settings } from '../../stacks/settings.ts';
import { containerLogs, projectContainers } from './containers.ts';
import { waitFor } from './wait.ts';

export interface TunnelState {
  readonly up: boolean;
  /** Why it is down, and what to do; empty while it is up. */
  readonly reason: string;
}

/** What keeps a tunnel down. */
export type TunnelCause =
  | 'token'
  | 'proxy-name'
  | 'remote-port'
  | 'port-not-allowed'
  | 'server-name'
  | 'refused'
  | 'timeout'
  | 'no-route'
  | 'no-frps'
  | 'hung-up'
  | 'login'
  | 'nothing-said';

const SUCCESS = /start proxy success/;
/** A request that came while nginx was away: its refusal tells nothing of the tunnel. */
const OTHER_SIDE = /connect to local service/;
/** What frpc 0.64.0 says when it cannot, and what that means. */
const CAUSES: readonly (readonly [RegExp, (settings: Settings) => string, TunnelCause])[] = [
  [
    /token in login doesn't match/,
    () => 'the frp server refuses the token: put its auth.token into BTCW_FRP_TOKEN_FILE',
    'token',
  ],
  [
    /proxy \[?.*\]? already exists/,
    (settings) =>
      `the frp server has a proxy named "${settings.BTCW_FRP_PROXY_NAME}" already: change BTCW_FRP_PROXY_NAME`,
    'proxy-name',
  ],
  [
    /port (already used|unavailable)|bind: address already in use/,
    (settings) =>
      `port ${settings.BTCW_FRP_REMOTE_PORT} is taken on the frp server: change BTCW_FRP_REMOTE_PORT`,
    'remote-port',
  ],
  [
    /port not allowed/,
    (settings) => `the frp server does not allow port ${settings.BTCW_FRP_REMOTE_PORT}: see its allowPorts`,
    'port-not-allowed',
  ],
  [
    /no such host/,
    (settings) => `the name ${settings.BTCW_FRP_SERVER_ADDR} is not known: check BTCW_FRP_SERVER_ADDR`,
    'server-name',
  ],
  [
    /connection refused/,
    (settings) => `nothing listens on ${serverAddress(settings)}: start frps there`,
    'refused',
  ],
  [
    /i\/o timeout|deadline exceeded/,
    (settings) => `${serverAddress(settings)} does not answer: is its firewall open?`,
    'timeout',
  ],
  [
    /no route to host|network is unreachable/,
    (settings) => `there is no route to ${serverAddress(settings)}`,
    'no-route',
  ],
  [
    /does not look like a TLS handshake/,
    (settings) => `what listens on ${serverAddress(settings)} is no frp server`,
    'no-frps',
  ],
  [
    // All that frpc says of a certificate it does not accept: it multiplexes, and the handshake's error is lost.
    /session shutdown|x509/,
    (settings) =>
      settings.BTCW_FRP_TLS_CA_FILE
        ? "the frp server's certificate does not fit BTCW_FRP_TLS_CA_FILE"
        : `${serverAddress(settings)} hangs up`,
    'hung-up',
  ],
  [
    /login to (the )?server failed|connect to server error/,
    (settings) => `the login to ${serverAddress(settings)} failed`,
    'login',
  ],
];

export const serverAddress = (settings: Settings): string =>
  `${settings.BTCW_FRP_SERVER_ADDR ?? '127.0.0.1'}:${settings.BTCW_FRP_SERVER_PORT}`;

/** Docker notes a container's start a few ms after its first lines: an frpc that succeeds at once is that quick. */
const START_SLACK_MS = 500;

/** From when on frpc's log tells of its present run. @param startedAt as Docker gives it */
export const runBeganMs = (startedAt: string): number => Date.parse(startedAt) - START_SLACK_MS;

/** What frpc's log last told of the tunnel, as the cause's kind for a program to act on. */
export function tunnelStory(
  log: string,
  settings: Settings,
): TunnelState & { readonly cause: TunnelCause | undefined; readonly line: string } {
  for (const line of log.split('\n').reverse()) {
    if (OTHER_SIDE.test(line)) continue;
    if (SUCCESS.test(line)) return { up: true, reason: '', cause: undefined, line };
    const found = CAUSES.find(([pattern]) => pattern.test(line));
    if (found) return { up: false, reason: found[1](settings), cause: found[2], line };
  }
  return { up: false, reason: 'frpc has not said anything yet', cause: 'nothing-said', line: '' };
}

/**
 * Reads the tunnel's state out of frpc's log: the last line that tells one.
 * @param log what frpc printed since it started
 */
export function tunnelState(log: string, settings: Settings): TunnelState {
  const { up, reason } = tunnelStory(log, settings);
  return { up, reason };
}

/**
 * Waits for the tunnel, as long as a freshly started frpc may take: what an older one says is final.
 * @param startUpMs what frpc gets after its start
 */
export async function waitForTunnel(settings: Settings, startUpMs: number): Promise<TunnelState> {
  const name = `${settings.BTCW_PROJECT}-frpc`;
  const frpc = (await projectContainers(settings.BTCW_PROJECT)).find((container) => container.name === name);
  if (frpc?.status !== 'running') return { up: false, reason: `${name} is ${frpc?.status ?? 'missing'}` };
  const deadlineMs = Date.parse(frpc.startedAt) + startUpMs - Date.now();
  const since = new Date(runBeganMs(frpc.startedAt)).toISOString();
  const observe = async () => tunnelState(await containerLogs(name, since), settings);
  return (await waitFor(observe, (state) => state.up, { deadlineMs })).observation;
}

/** The address that the tunnel serves. @example 'http://47.108.221.231:60001' */
export const publicUrl = (settings: Settings): string =>
  `http://${settings.BTCW_FRP_SERVER_ADDR ?? '127.0.0.1'}:${settings.BTCW_FRP_REMOTE_PORT}`;

/** The address of the gateway on this host. @example 'http://127.0.0.1:8501' */
export const localUrl = (settings: Settings): string =>
  `http://${settings.BTCW_NGINX_BIND === '0.0.0.0' ? '127.0.0.1' : settings.BTCW_NGINX_BIND}:${settings.BTCW_NGINX_PORT}`;
