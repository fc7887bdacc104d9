/** The tunnel's state, read from frpc's own log: it offers no other way that would not open a port. */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../../stacks/settings/definitions.ts';
import { serviceNamed, type Topology } from '../../stacks/topology/topology.ts';
import { mainTunnel, socketOf } from '../../stacks/topology/urls.ts';
import { inspect } from '../docker/inspect.ts';
import { readLog } from '../docker/logs.ts';
import { waitFor } from '../lib/wait.ts';
import { containerText } from './health.ts';

const said = messages.deployment.tunnel;

export interface TunnelState {
  readonly up: boolean;
  /** Why it is down, and what to do; empty while it is up. */
  readonly reason: string;
  /** @default - it is up, or its client does not run */
  readonly cause?: TunnelCause | undefined;
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
  | 'work-connection'
  | 'server-says'
  | 'nothing-said';

/** What ends without anything being changed here: frpc tries again until it does. */
const PASSING: readonly TunnelCause[] = ['refused', 'timeout', 'server-name', 'no-route'];

/** What follows of a tunnel that is down. @example 'It comes up by itself when the server answers.' */
export function outlook({ cause }: Pick<TunnelState, 'cause'>): string {
  if (cause && PASSING.includes(cause)) return said.outlook.passes;
  if (cause === 'nothing-said') return said.outlook.unknown;
  return said.outlook.changes;
}

const SUCCESS = /start proxy success/;
/** A request that came while nginx was away: its refusal says nothing of the tunnel. */
const OTHER_SIDE = /connect to local service/;
/**
 * What frpc says when it cannot, and what that means; the server's own words are in the group. The last ones take
 * whatever it says: those of a server's plugins are known to nobody here.
 */
const CAUSES: readonly (readonly [RegExp, (settings: Settings, words: string) => string, TunnelCause])[] = [
  [/token in login doesn't match/, () => said.tokenRefused, 'token'],
  [
    /proxy \[?.*\]? already exists/,
    (settings) => said.proxyExists(settings.BTCW_FRP_PROXY_NAME),
    'proxy-name',
  ],
  [
    /port (already used|unavailable)|bind: address already in use/,
    (settings) => said.portTaken(settings.BTCW_FRP_REMOTE_PORT),
    'remote-port',
  ],
  [/port not allowed/, (settings) => said.portNotAllowed(settings.BTCW_FRP_REMOTE_PORT), 'port-not-allowed'],
  [/no such host/, (settings) => said.unknownHost(settings.BTCW_FRP_SERVER_ADDR ?? ''), 'server-name'],
  [/connection refused/, (settings) => said.refused(serverAddress(settings)), 'refused'],
  [/i\/o timeout|deadline exceeded/, (settings) => said.noAnswer(serverAddress(settings)), 'timeout'],
  [
    /no route to host|network is unreachable/,
    (settings) => said.noRoute(serverAddress(settings)),
    'no-route',
  ],
  [/does not look like a TLS handshake/, (settings) => said.noFrps(serverAddress(settings)), 'no-frps'],
  [
    // All that frpc says of a certificate it does not accept: it multiplexes, and the handshake's error is lost.
    /session shutdown|x509|connect to server error: EOF/,
    (settings) => {
      if (settings.BTCW_FRP_TLS_CA_FILE) return said.certificate;
      const closed = settings.BTCW_FRP_SERVER_ADDR ? said.hungUpOrOther : said.hungUp;
      return closed(serverAddress(settings));
    },
    'hung-up',
  ],
  [
    // Each connection is asked for its token, too, or by a plugin; a client that logs in anew is not known for a moment.
    /StartWorkConn contains error: (?!no client control)(.*)/,
    (_, words) => said.refusesConnections(words),
    'work-connection',
  ],
  [/(?:start error|pong message contains error): (.*)/, (_, words) => said.serverSays(words), 'server-says'],
  [
    // With detailedErrorsToClient = false.
    /connect to server error: register control error$/,
    (settings) => said.unexplained(serverAddress(settings)),
    'login',
  ],
  [
    /(?:login to (?:the )?server failed|connect to server error): (.*)/,
    (settings, words) => said.loginFailed(serverAddress(settings), words),
    'login',
  ],
];

export const serverAddress = (settings: Settings): string =>
  socketOf(settings.BTCW_FRP_SERVER_ADDR ?? '127.0.0.1', settings.BTCW_FRP_SERVER_PORT);

/** Docker notes a container's start a few ms after its first lines: an frpc that succeeds at once is that quick. */
const START_SLACK_MS = 500;

/** From when on frpc's log is of its present run. @param startedAt as Docker gives it */
export const runBeganMs = (startedAt: string): number => Date.parse(startedAt) - START_SLACK_MS;

/** What frpc's log last said of the tunnel, with the cause for a program to act on. */
export interface TunnelLog extends TunnelState {
  readonly cause: TunnelCause | undefined;
  /** The line that said it. */
  readonly line: string;
}

/**
 * Reads the tunnel's state out of frpc's log: the last line that shows one.
 * @param log what frpc printed since it started
 */
export function readTunnelLog(log: string, settings: Settings): TunnelLog {
  for (const line of log.split('\n').reverse()) {
    if (OTHER_SIDE.test(line)) continue;
    if (SUCCESS.test(line)) return { up: true, reason: '', cause: undefined, line };
    for (const [pattern, reason, cause] of CAUSES) {
      const match = pattern.exec(line);
      if (match) return { up: false, reason: reason(settings, match[1] ?? ''), cause, line };
    }
  }
  return { up: false, reason: said.nothingLogged, cause: 'nothing-said', line: '' };
}

/**
 * The line with which the tunnel went down: the first failure after its last success. frpc tries again and again, and
 * the last failure is only seconds old.
 * @returns undefined where the log has no failure after a success, or none at all
 */
export function wentDownAt(log: string): string | undefined {
  const lines = log.split('\n').filter((line) => !OTHER_SIDE.test(line));
  const after = lines.findLastIndex((line) => SUCCESS.test(line)) + 1;
  return lines.slice(after).find((line) => CAUSES.some(([pattern]) => pattern.test(line)));
}

/** Whether a log shows the tunnel up at some time. */
export const wasUp = (log: string): boolean => SUCCESS.test(log);

/**
 * Waits for the tunnel, as long as a freshly started frpc may take: what an older one says is final.
 * @param startUpMs what frpc gets after its start
 * @param patienceMs what it gets at least from now on. @default 0
 */
export async function waitForTunnel(
  topology: Topology,
  settings: Settings,
  startUpMs: number,
  patienceMs = 0,
): Promise<TunnelState> {
  const { containerName } = serviceNamed(topology, mainTunnel(topology).client);
  const [container] = await inspect('container', [containerName]);
  if (!container?.State.Running) {
    const status = container?.State.Status ?? 'missing';
    return { up: false, reason: containerText({ name: containerName, status, health: 'none' }) };
  }
  const { StartedAt } = container.State;
  const deadlineMs = Math.max(Date.parse(StartedAt) + startUpMs - Date.now(), patienceMs);
  const since = new Date(runBeganMs(StartedAt)).toISOString();
  const observe = async () => readTunnelLog((await readLog(containerName, { since })).text, settings);
  const { observation } = await waitFor(observe, (state) => state.up, { deadlineMs });
  const { up, reason, cause } = observation;
  return { up, reason, ...(cause && { cause }) };
}
