/** The checks of a WebSocket: who may open it, what it brings, and whether it stays open. */
import { messages } from '../../messages/index.ts';
import { type AppProfile, notInProfile, type WebSocketProfile } from '../lib/app-profile.ts';
import { answerText } from '../lib/http.ts';
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

const said = messages.verify.socket;

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
const KINDS = ['wrong', 'forged', 'expired', 'valid'] as const;

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
  typeof status === 'number' ? answerText({ status, error: '' }) : status;

/** The deadlines of the topics that have one. */
const deadlinesOf = ({ topics }: WebSocketProfile): number[] =>
  topics.flatMap(({ deadlineSec }) => deadlineSec ?? []);

const LIST = new Intl.ListFormat(said.locale, { type: 'disjunction' });

/** The upgrade that each kind of token gives. */
function upgradeChecks(
  { id, name, url, fixes }: Address,
  profile: WebSocketProfile,
  tokens: SocketTokens,
  { api, login, behind }: SocketDependencies,
): PlannedCheck[] {
  const kinds = KINDS.filter((kind) => tokens[kind]);
  const { refusals } = profile;
  // One that checks the token before the upgrade has said all by then.
  const isStrict = refusals.length === 1;
  return kinds.map((kind, index): PlannedCheck => {
    const isValid = kind === 'valid';
    const same = behind?.upgrades[index];
    return {
      id: `${id}.upgrade.${kind}`,
      name: said.upgrades[kind](name, isValid ? '101' : LIST.format(refusals.map(String))),
      dependsOn: [...api, login, ...(same ? [same] : [])],
      fix: fixes.proxy,
      run: async () => {
        const token = await tokens[kind]?.();
        const stayMs = isStrict ? 0 : isValid ? STAY_MS : REFUSAL_MS;
        const { status, closed } = await handshake({ base: url, profile, token }, stayMs);
        const text = statusText(status);
        const isRefused = (typeof status === 'number' && refusals.includes(status)) || closed !== undefined;
        const isOpen = status === 101 && closed === undefined;
        return { ok: isValid ? isOpen : isRefused, detail: closed ? said.closed(text, closed) : text };
      },
    };
  });
}

/** Of a WebSocket that takes no token, or whose token nobody can get: that there is one. */
function plainUpgrade(
  { id, name, url, fixes }: Address,
  profile: WebSocketProfile,
  { api, behind }: SocketDependencies,
): PlannedCheck {
  const same = behind?.upgrades.slice(-1) ?? [];
  return {
    id: `${id}.upgrade`,
    name: said.anyUpgrade(name),
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
  if (missing.length > 0) {
    const names = missing.join(', ');
    return { ok: false, detail: error ? said.noDataBecause(names, error) : said.noData(names) };
  }
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
    if (pongMs !== undefined) return { ok: true, detail: `${pongMs.toFixed(1)} ms` };
    return { ok: false, detail: error ? said.noPongBecause(error) : said.noPong };
  }
  if (pinged) return { ok: true, detail: said.pingAnswered };
  if (heartbeat.from === 'none') return { skipped: said.noPings };
  const awaited = awaitedPingSec(profile);
  if (awaited) return { ok: false, detail: said.noPing(awaited) };
  const { everySec } = heartbeat;
  return { skipped: everySec ? said.pingLaterEvery(everySec) : said.pingLater };
}

/** How long everything may take that is waited for. */
function probeMs(profile: WebSocketProfile): number {
  const { heartbeat } = profile;
  const waits = [awaitedPingSec(profile) ?? 0, ...deadlinesOf(profile)];
  const longest = 1000 * Math.max(...waits);
  if (longest > 0) return heartbeat.from === 'client' ? longest : longest + LATE_MS;
  return SHORT_MS;
}

/** @example 'local 8501: four topics within 3 s' */
function topicsName(address: string, profile: WebSocketProfile): string {
  const deadlines = deadlinesOf(profile);
  const [first, last] = [Math.min(...deadlines), Math.max(...deadlines)];
  const count = deadlines.length;
  if (count === 0) return said.noneOf.topics(address);
  return first === last
    ? said.topicsWithin(address, count, last)
    : said.topicsBetween(address, count, first, last);
}

/** All but the soak. */
export function socketChecks(
  address: Address,
  profile: AppProfile,
  tokens: SocketTokens,
  needs: SocketDependencies,
): SocketChecks {
  const { id, name, url, fixes } = address;
  const { webSocket } = profile;
  if (!webSocket) {
    const reason = notInProfile(profile, 'webSocket');
    const { noneOf } = said;
    return {
      upgrades: [skip(`${id}.upgrade`, noneOf.webSocket(name), reason)],
      topics: skip(`${id}.topics`, noneOf.topics(name), reason),
      ping: skip(`${id}.ping`, noneOf.ping(name), reason),
      beside: [],
    };
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
    if (!hasToken && result.status !== 101) return { skipped: said.takesToken };
    return judge(result);
  };
  const topics: PlannedCheck = {
    id: `${id}.topics`,
    name: topicsName(name, webSocket),
    dependsOn: [...opened, ...(behind ? [behind.topics] : [])],
    fix: fixes.backend,
    run: () =>
      topicsWithin(webSocket).length === 0
        ? Promise.resolve({ skipped: notInProfile(profile, 'topic') })
        : whenOpen((result) => topicsResult(webSocket, result)),
  };
  const ping: PlannedCheck = {
    id: `${id}.ping`,
    name: said.ping(name),
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
  const sec = (ms: number) => (ms / 1000).toFixed(1);
  const { openMs, messages: count, pings, reason } = result;
  if (openMs < durationSec * 1000) return { ok: false, detail: said.closedAfter(sec(openMs), reason) };
  const silence = sec(result.longestSilenceMs);
  return {
    ok: result.longestSilenceMs < longestSilenceMs(profile),
    detail: pings > 0 ? said.soakedWithPings(count, silence, pings) : said.soaked(count, silence),
  };
}

/** Keeps a WebSocket open for a while; messages have to come until the end. */
export function soakCheck(
  { id, name, url }: Pick<Address, 'id' | 'name' | 'url'>,
  profile: AppProfile,
  token: () => Promise<string>,
  durationSec: number,
  { dependsOn, fix }: Pick<PlannedCheck, 'dependsOn' | 'fix'>,
): PlannedCheck {
  const row = [`${id}.soak`, said.openFor(name, durationSec)] as const;
  const { webSocket } = profile;
  if (!webSocket) return skip(...row, notInProfile(profile, 'webSocket'));
  const [soakId, soakName] = row;
  return {
    id: soakId,
    name: soakName,
    dependsOn,
    fix,
    run: async (note) => {
      const target = { base: url, profile: webSocket, token: await token() };
      const result = await soak(target, durationSec * 1000, (count) =>
        note?.(messages.lib.live.messagesSoFar(count)),
      );
      return soakResult(webSocket, result, durationSec);
    },
  };
}
