/** The checks of one address that a deployment is opened at: pages, tokens, WebSockets, topics. */
import { answerText, ask, askPage } from '../lib/http.ts';
import { STATS_PATH, TOPICS, webSocketUrl } from '../lib/reference-app.ts';
import { handshake, type ProbeResult, probeWebSocket, soak } from '../lib/websocket.ts';
import { once, type PlannedCheck } from './check.ts';
import { HTTP_DEADLINE_MS } from './login.ts';

export interface Address {
  /** What its checks begin with. @example 'tunnel 60001' */
  readonly name: string;
  /** Without a slash at its end. @example 'http://47.108.221.231:60001' */
  readonly url: string;
  /** What to do where the frontend, the backend or the reverse proxy fails. */
  readonly fixes: { readonly frontend: string; readonly backend: string; readonly proxy: string };
}

/** What a WebSocket is opened with. */
export interface Tokens {
  readonly wrong: string;
  readonly valid: string;
  /** Only where one can be made: the backend's key is known. */
  readonly expired?: string;
}

export const WRONG_TOKEN = 'not.a.token';

/** What an upgrade with each of them gives. */
const UPGRADES = {
  wrong: { what: 'a wrong token', expected: 403 },
  expired: { what: 'an expired token', expected: 403 },
  valid: { what: 'a valid token', expected: 101 },
} as const;

const TOPIC_DEADLINE_MS = 3_000;
/** Twice what a topic takes to repeat itself. */
const SILENCE_MS = 15_000;

/** The checks of an address, by what those of another may depend on. */
export interface AddressChecks {
  readonly page: PlannedCheck;
  readonly api: PlannedCheck;
  /** The one with the valid token is the last. */
  readonly upgrades: readonly PlannedCheck[];
  readonly topics: PlannedCheck;
  readonly ping: PlannedCheck;
}

/** In the order in which they are run. */
export const listed = ({ page, api, upgrades, topics, ping }: AddressChecks): PlannedCheck[] => [
  page,
  api,
  ...upgrades,
  topics,
  ping,
];

/** What the checks of an address depend on beside one another. */
export interface AddressDependencies {
  readonly page: readonly PlannedCheck[];
  readonly api: readonly PlannedCheck[];
  readonly login: PlannedCheck;
  /** The same checks of an address that this one leads to. @default - it leads to none */
  readonly behind?: AddressChecks;
}

function topicText({ topics, error }: ProbeResult): string {
  const missing = TOPICS.filter((topic) => !topics.includes(topic));
  return missing.length === 0
    ? TOPICS.join(', ')
    : `no data for ${missing.join(', ')}${error && `; ${error}`}`;
}

/**
 * All but the soak.
 * @param tokens asked for by the first check that needs them
 */
export function addressChecks(
  { name, url, fixes }: Address,
  tokens: () => Promise<Tokens>,
  needs: AddressDependencies,
  kinds: readonly (keyof typeof UPGRADES)[] = ['wrong', 'expired', 'valid'],
): AddressChecks {
  const { behind } = needs;
  const options = { deadlineMs: HTTP_DEADLINE_MS };
  const page: PlannedCheck = {
    name: `${name}: page`,
    dependsOn: [...needs.page, ...(behind ? [behind.page] : [])],
    fix: fixes.frontend,
    run: async () => {
      const answer = await askPage(`${url}/`, options);
      return { ok: answer.status === 200 && /<html/i.test(answer.body), detail: answerText(answer) };
    },
  };
  const api: PlannedCheck = {
    name: `${name}: /api reaches the backend`,
    dependsOn: [...needs.api, ...(behind ? [behind.api] : [])],
    fix: fixes.backend,
    run: async () => {
      const answer = await ask(`${url}${STATS_PATH}`, options);
      return { ok: answer.status === 200, detail: answerText(answer) };
    },
  };
  const upgrades = kinds.map((kind, index): PlannedCheck => {
    const { what, expected } = UPGRADES[kind];
    const same = behind?.upgrades[index];
    return {
      name: `${name}: WebSocket with ${what} gives ${expected}`,
      dependsOn: [api, needs.login, ...(same ? [same] : [])],
      fix: fixes.proxy,
      run: async () => {
        const status = await handshake(webSocketUrl(url, (await tokens())[kind] ?? ''));
        const detail = typeof status === 'number' ? `status ${status}` : status;
        return { ok: status === expected, detail };
      },
    };
  });
  const probe = once(async () =>
    probeWebSocket(webSocketUrl(url, (await tokens()).valid), TOPICS, TOPIC_DEADLINE_MS),
  );
  const opened = upgrades.slice(-1);
  const topics: PlannedCheck = {
    name: `${name}: four topics within ${TOPIC_DEADLINE_MS / 1000} s`,
    dependsOn: [...opened, ...(behind ? [behind.topics] : [])],
    fix: fixes.backend,
    run: async () => {
      const result = await probe();
      return { ok: TOPICS.every((topic) => result.topics.includes(topic)), detail: topicText(result) };
    },
  };
  const ping: PlannedCheck = {
    name: `${name}: ping answered`,
    dependsOn: [...opened, ...(behind ? [behind.ping] : [])],
    fix: fixes.backend,
    run: async () => {
      const { pongMs } = await probe();
      return {
        ok: pongMs !== undefined,
        detail: pongMs === undefined ? 'no pong' : `${pongMs.toFixed(1)} ms`,
      };
    },
  };
  return { page, api, upgrades, topics, ping };
}

/** Keeps a WebSocket open for a while; messages have to come until the end. */
export function soakCheck(
  { name, url }: Pick<Address, 'name' | 'url'>,
  token: () => Promise<string>,
  durationSec: number,
  { dependsOn, fix }: Pick<PlannedCheck, 'dependsOn' | 'fix'>,
): PlannedCheck {
  const sec = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return {
    name: `${name}: WebSocket open for ${durationSec} s`,
    dependsOn,
    fix,
    run: async () => {
      const result = await soak(webSocketUrl(url, await token()), TOPICS, durationSec * 1000);
      const lasted = result.openMs >= durationSec * 1000;
      return {
        ok: lasted && result.longestSilenceMs < SILENCE_MS,
        detail: lasted
          ? `${result.messages} messages, longest silence ${sec(result.longestSilenceMs)}`
          : `closed after ${sec(result.openMs)}: ${result.reason}`,
      };
    },
  };
}
