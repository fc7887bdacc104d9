/** The checks of one address that a deployment is opened at: pages, tokens, WebSockets, topics. */
import { answerText, ask, askPage } from '../lib/http.ts';
import { STATS_PATH, TOPICS, webSocketUrl } from '../lib/reference-app.ts';
import { handshake, type ProbeResult, probeWebSocket, soak } from '../lib/websocket.ts';
import type { Check } from './check.ts';
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
  readonly valid: string;
  /** Undefined where none can be made: the backend's key is not known. */
  readonly expired: string | undefined;
}

const TOPIC_DEADLINE_MS = 3_000;
/** Twice what a topic takes to repeat itself. */
const SILENCE_MS = 15_000;

async function pageChecks({ name, url, fixes }: Address): Promise<Check[]> {
  const options = { deadlineMs: HTTP_DEADLINE_MS };
  const [page, stats] = await Promise.all([askPage(`${url}/`, options), ask(`${url}${STATS_PATH}`, options)]);
  return [
    {
      name: `${name}: page`,
      ok: page.status === 200 && /<html/i.test(page.body),
      detail: answerText(page),
      fix: fixes.frontend,
    },
    {
      name: `${name}: /api reaches the backend`,
      ok: stats.status === 200,
      detail: answerText(stats),
      fix: fixes.backend,
    },
  ];
}

async function upgradeChecks({ name, url, fixes }: Address, tokens: Tokens): Promise<Check[]> {
  const cases: [string, string | undefined, number][] = [
    ['a wrong token', 'not.a.token', 403],
    ['an expired token', tokens.expired, 403],
    ['a valid token', tokens.valid, 101],
  ];
  const checks: Check[] = [];
  for (const [kind, token, expected] of cases) {
    if (token === undefined) continue;
    const status = await handshake(webSocketUrl(url, token));
    checks.push({
      name: `${name}: WebSocket with ${kind} gives ${expected}`,
      ok: status === expected,
      detail: typeof status === 'number' ? `status ${status}` : status,
      fix: fixes.proxy,
    });
  }
  return checks;
}

function topicText({ topics, error }: ProbeResult): string {
  const missing = TOPICS.filter((topic) => !topics.includes(topic));
  return missing.length === 0
    ? TOPICS.join(', ')
    : `no data for ${missing.join(', ')}${error && `; ${error}`}`;
}

async function topicChecks({ name, url, fixes }: Address, token: string): Promise<Check[]> {
  const result = await probeWebSocket(webSocketUrl(url, token), TOPICS, TOPIC_DEADLINE_MS);
  return [
    {
      name: `${name}: four topics within ${TOPIC_DEADLINE_MS / 1000} s`,
      ok: TOPICS.every((topic) => result.topics.includes(topic)),
      detail: topicText(result),
      fix: fixes.backend,
    },
    {
      name: `${name}: ping answered`,
      ok: result.pongMs !== undefined,
      detail: result.pongMs === undefined ? 'no pong' : `${result.pongMs.toFixed(1)} ms`,
      fix: fixes.backend,
    },
  ];
}

/** All but the soak. */
export async function addressChecks(address: Address, tokens: Tokens): Promise<Check[]> {
  const pages = await pageChecks(address);
  const upgrades = await upgradeChecks(address, tokens);
  return [...pages, ...upgrades, ...(await topicChecks(address, tokens.valid))];
}

/** Keeps a WebSocket open for a while; messages have to come until the end. */
export async function soakCheck(
  { name, url, fix }: Pick<Address, 'name' | 'url'> & Pick<Check, 'fix'>,
  token: string,
  durationSec: number,
): Promise<Check> {
  const result = await soak(webSocketUrl(url, token), TOPICS, durationSec * 1000);
  const lasted = result.openMs >= durationSec * 1000;
  const sec = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return {
    name: `${name}: WebSocket open for ${durationSec} s`,
    ok: lasted && result.longestSilenceMs < SILENCE_MS,
    detail: lasted
      ? `${result.messages} messages, longest silence ${sec(result.longestSilenceMs)}`
      : `closed after ${sec(result.openMs)}: ${result.reason}`,
    fix,
  };
}
