/** The checks of a WebSocket: who may open it, what it brings, and whether it stays open. */
import { type AppProfile, notInProfile, type WebSocketProfile } from '../lib/app-profile.ts';
import {
  handshake,
  type ProbeResult,
  probeWebSocket,
  type SoakResult,
  soak,
  topicsWithin,
} from '../lib/websocket.ts';
import type { Address } from './address.ts';
import { once, type PlannedCheck, type Result, skip } from './check.ts';

/** What a WebSocket is opened with. */
export interface SocketTokens {
  readonly wrong: () => Promise<string>;
  /** The content of a good one, signed with another key. */
  readonly forged: () => Promise<string>;
  /** Only where one can be made: the backend's key is known. */
  readonly expired?: () => Promise<string>;
  readonly valid: () => Promise<string>;
}

export interface SocketChecks {
  /** The one with the valid token is the last. */
  readonly upgrades: readonly PlannedCheck[];
  readonly topics: PlannedCheck;
  readonly ping: PlannedCheck;
  /** Conversations that begin with this one's, so that slow topics are waited for once. */
  readonly beside: (() => void)[];
}

export interface SocketDependencies {
  readonly api: readonly PlannedCheck[];
  readonly login: PlannedCheck;
  readonly behind: SocketChecks | undefined;
}

/** In the order of the checks. */
const KINDS = {
  wrong: 'a wrong token',
  forged: 'a token of another key',
  expired: 'an expired token',
  valid: 'a valid token',
} as const;

/** How long an application may take to close a connection that it has accepted with a wrong token. */
const REFUSAL_MS = 3_000;
/** How long one with a good token has to stay open. */
const STAY_MS = 500;
/** Of a connection without topics: long enough for a message or two. */
const SHORT_MS = 3_000;
/** Of a ping that the server sends. */
const LONGEST_WAIT_SEC = 10;
/** Of topics and pings this much later than they should be, a busy host is to blame. */
const LATE_MS = 1_000;
/** Twice what a topic takes to repeat itself. */
const SILENCE_MS = 15_000;

/** A handshake's status in a few words. */
const statusText = (status: number | string): string =>
  typeof status === 'number' ? `status ${status}` : status;

/** The deadlines of the topics that have one. */
const deadlinesOf = ({ topics }: WebSocketProfile): number[] =>
  topics.flatMap(({ deadlineSec }) => deadlineSec ?? []);

const LIST = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** The upgrade that each kind of token gives. */
function upgradeChecks(
  { name, url, fixes }: Pick<Address, 'name' | 'url' | 'fixes'>,
  profile: WebSocketProfile,
  tokens: SocketTokens,
  { api, login, behind }: SocketDependencies,
): PlannedCheck[] {
  const kinds = (Object.keys(KINDS) as (keyof typeof KINDS)[]).filter((kind) => tokens[kind]);
  const { refusals } = profile;
  // One that checks the token before the upgrade has said all by then.
  const isStrict = refusals.length === 1;
  return kinds.map((kind, index): PlannedCheck => {
    const isValid = kind === 'valid';
    const same = behind?.upgrades[index];
    return {
      name: `${name}: WebSocket with ${KINDS[kind]} gives ${isValid ? 101 : LIST.format(refusals.map(String))}`,
      dependsOn: [...api, login, ...(same ? [same] : [])],
      fix: fixes.proxy,
      run: async () => {
        const token = await tokens[kind]?.();
        const stayMs = isStrict ? 0 : isValid ? STAY_MS : REFUSAL_MS;
        const { status, closed } = await handshake({ base: url, profile, token }, stayMs);
        const text = statusText(status);
        const isRefused = (typeof status === 'number' && refusals.includes(status)) || closed !== undefined;
        const isOpen = status === 101 && closed === undefined;
        return { ok: isValid ? isOpen : isRefused, detail: closed ? `${text}, closed with ${closed}` : text };
      },
    };
  });
}

/** Of a WebSocket that takes no token, or whose token nobody can get: that there is one. */
function plainUpgrade(
  { name, url, fixes }: Pick<Address, 'name' | 'url' | 'fixes'>,
  profile: WebSocketProfile,
  { api, behind }: SocketDependencies,
): PlannedCheck {
  const same = behind?.upgrades.slice(-1) ?? [];
  return {
    name: `${name}: WebSocket gives 101, 401 or 403`,
    dependsOn: [...api, ...same],
    fix: fixes.proxy,
    run: async () => {
      const { status } = await handshake({ base: url, profile });
      const ok = status === 101 || status === 401 || status === 403;
      return { ok, detail: statusText(status) };
    },
  };
}

/** What came of the topics, and what did not, or too late. Pure. */
export function topicsResult({ topics }: WebSocketProfile, { arrivedMs = {}, error }: ProbeResult): Result {
  const missing = topics
    .filter(({ name, deadlineSec }) => {
      if (deadlineSec === undefined) return false;
      const arrived = arrivedMs[name];
      return arrived === undefined || arrived > deadlineSec * 1000 + LATE_MS;
    })
    .map(({ name }) => name);
  if (missing.length > 0)
    return { ok: false, detail: `no data for ${missing.join(', ')}${error && `; ${error}`}` };
  return {
    ok: true,
    detail: topics
      .map(({ name }) => name)
      .filter((name) => name in arrivedMs)
      .join(', '),
  };
}

/** The interval of the server's pings, where it is short enough to wait for one; a soak waits for the others. */
const awaitedPingSec = ({ heartbeat }: WebSocketProfile): number | undefined =>
  heartbeat.from === 'server' && heartbeat.everySec && heartbeat.everySec <= LONGEST_WAIT_SEC
    ? heartbeat.everySec
    : undefined;

/** Whether who should ask has asked, and was answered. Pure. */
export function pingResult(profile: WebSocketProfile, { pongMs, pinged, error }: ProbeResult): Result {
  const { heartbeat } = profile;
  if (heartbeat.from === 'client') {
    const detail = pongMs === undefined ? `no pong${error && `; ${error}`}` : `${pongMs.toFixed(1)} ms`;
    return { ok: pongMs !== undefined, detail };
  }
  if (pinged) return { ok: true, detail: "the server's ping was answered" };
  if (heartbeat.from === 'none') return { skipped: 'by its profile nobody pings' };
  const awaited = awaitedPingSec(profile);
  if (awaited) return { ok: false, detail: `no ping within ${awaited} s` };
  const every = heartbeat.everySec ? ` every ${heartbeat.everySec} s` : '';
  return { skipped: `the server pings${every}, and has not meanwhile: --soak 90s answers its pings` };
}

/** How long everything may take that is waited for. */
function probeMs(profile: WebSocketProfile): number {
  const { heartbeat } = profile;
  const waits = [awaitedPingSec(profile) ?? 0, ...deadlinesOf(profile)];
  const longest = 1000 * Math.max(...waits);
  if (longest > 0) return heartbeat.from === 'client' ? longest : longest + LATE_MS;
  return SHORT_MS;
}

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six'];

/** @example 'four topics within 3 s', 'topics within 5 to 60 s' */
function topicsName(profile: WebSocketProfile): string {
  const deadlines = deadlinesOf(profile);
  const [first, last] = [Math.min(...deadlines), Math.max(...deadlines)];
  if (deadlines.length === 0) return 'topics';
  const count =
    deadlines.length === 1 ? 'one topic' : `${NUMBERS[deadlines.length] ?? deadlines.length} topics`;
  return `${count} within ${first === last ? '' : `${first} to `}${last} s`;
}

/** All but the soak. */
export function socketChecks(
  address: Pick<Address, 'name' | 'url' | 'fixes'>,
  profile: AppProfile,
  tokens: SocketTokens,
  needs: SocketDependencies,
): SocketChecks {
  const { name, url, fixes } = address;
  const { webSocket } = profile;
  if (!webSocket) {
    const reason = notInProfile(profile, 'webSocket');
    const row = (what: string) => skip(`${name}: ${what}`, reason);
    return { upgrades: [row('WebSocket')], topics: row('topics'), ping: row('ping'), beside: [] };
  }
  const { login, behind } = needs;
  const hasToken = Boolean(webSocket.token && profile.login);
  const upgrades = hasToken
    ? upgradeChecks(address, webSocket, tokens, needs)
    : [plainUpgrade(address, webSocket, needs)];
  const beside: (() => void)[] = [];
  const probe = once(async () => {
    for (const begin of beside) begin();
    const token = hasToken ? await tokens.valid() : undefined;
    const target = { base: url, profile: webSocket, token };
    const awaitsPing = awaitedPingSec(webSocket) !== undefined;
    return probeWebSocket(target, probeMs(webSocket), topicsWithin(webSocket), awaitsPing);
  });
  if (probeMs(webSocket) > SHORT_MS) behind?.beside.push(() => void probe());
  // A refused connection brings nothing, whoever is right.
  const opened = [...upgrades.slice(-1), ...(hasToken ? [login] : [])];
  const whenOpen = async (judge: (result: ProbeResult) => Result): Promise<Result> => {
    const result = await probe();
    if (!hasToken && result.status !== 101)
      return { skipped: 'the WebSocket takes a token, and no profile says which' };
    return judge(result);
  };
  const topics: PlannedCheck = {
    name: `${name}: ${topicsName(webSocket)}`,
    dependsOn: [...opened, ...(behind ? [behind.topics] : [])],
    fix: fixes.backend,
    run: () =>
      topicsWithin(webSocket).length === 0
        ? Promise.resolve({ skipped: notInProfile(profile, 'topic') })
        : whenOpen((result) => topicsResult(webSocket, result)),
  };
  const ping: PlannedCheck = {
    name: `${name}: ping answered`,
    dependsOn: [...opened, ...(behind && webSocket.heartbeat.from === 'client' ? [behind.ping] : [])],
    fix: fixes.backend,
    run: () => whenOpen((result) => pingResult(webSocket, result)),
  };
  return { upgrades, topics, ping, beside };
}

/** Silence that no topic of the profile explains. */
function longestSilenceMs(profile: WebSocketProfile): number {
  const deadlines = deadlinesOf(profile);
  if (deadlines.length === 0) return Number.POSITIVE_INFINITY;
  return Math.max(SILENCE_MS, 3_000 * Math.min(...deadlines));
}

/** Judges a connection that was to stay open. Pure. */
export function soakResult(profile: WebSocketProfile, result: SoakResult, durationSec: number): Result {
  const sec = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const { openMs, messages, pings, reason } = result;
  if (openMs < durationSec * 1000) return { ok: false, detail: `closed after ${sec(openMs)}: ${reason}` };
  const answered = pings > 0 ? `, ${pings} pings answered` : '';
  return {
    ok: result.longestSilenceMs < longestSilenceMs(profile),
    detail: `${messages} messages, longest silence ${sec(result.longestSilenceMs)}${answered}`,
  };
}

/** Keeps a WebSocket open for a while; messages have to come until the end. */
export function soakCheck(
  { name, url }: Pick<Address, 'name' | 'url'>,
  profile: AppProfile,
  token: () => Promise<string>,
  durationSec: number,
  { dependsOn, fix }: Pick<PlannedCheck, 'dependsOn' | 'fix'>,
): PlannedCheck {
  const row = `${name}: WebSocket open for ${durationSec} s`;
  const { webSocket } = profile;
  if (!webSocket) return skip(row, notInProfile(profile, 'webSocket'));
  return {
    name: row,
    dependsOn,
    fix,
    run: async () => {
      const target = { base: url, profile: webSocket, token: await token() };
      return soakResult(webSocket, await soak(target, durationSec * 1000), durationSec);
    },
  };
}
