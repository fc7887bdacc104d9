/** What a check is, and the words that all of them use. */
import type { Component } from '../../lib/components.ts';
import type { HttpAnswer } from '../../lib/http.ts';
import type { ContainerFacts, Facts } from '../facts.ts';

/** A hop of the chain that a finding is about; `host` is the machine itself, with the guard in its kernel. */
export type Hop = 'browser' | Exclude<Component, 'guard'> | 'host';

export interface Finding {
  readonly id: string;
  readonly name: string;
  readonly hop: Hop;
  /** `skipped` follows from another finding or could not be looked at. Only `failure` makes the exit code 1. */
  readonly level: 'ok' | 'warning' | 'failure' | 'skipped';
  /** False for warnings and failures. */
  readonly ok: boolean;
  readonly detail: string;
  /** The one command that mends it; empty where nothing is wrong. */
  readonly fix: string;
}

/** What a check sees: undefined where its facts could not be had. */
type Verdict = { readonly ok: string } | { readonly wrong: string; readonly fix: string } | undefined;

export interface Check {
  readonly id: string;
  readonly name: string;
  readonly hop: Hop;
  /** Checks whose failure this one would only repeat. */
  readonly after: readonly string[];
  readonly level?: 'warning';
  readonly look: (facts: Facts) => Verdict;
}

export const seen = (answer: HttpAnswer): string =>
  answer.status > 0
    ? `status ${answer.status}`
    : answer.error === 'ECONNREFUSED'
      ? 'refused'
      : answer.error === 'ECONNRESET'
        ? 'cut off'
        : answer.error;

/** A span of time as people say it. @example span(90_000) // '2 min' */
export function span(ms: number): string {
  const sec = Math.abs(ms) / 1000;
  if (sec < 90) return `${Math.round(sec)} s`;
  if (sec < 5400) return `${Math.round(sec / 60)} min`;
  if (sec < 172_800) return `${Math.round(sec / 3600)} h`;
  return `${Math.round(sec / 86_400)} days`;
}

export const container = (facts: Facts, component: Component): ContainerFacts | undefined =>
  facts.containers?.[component];
export const hopOf = (component: Component): Hop => (component === 'guard' ? 'host' : component);
export const nameOf = (facts: Facts, component: Component): string =>
  container(facts, component)?.name ?? `${facts.settings.BTCW_PROJECT}-${component}`;

/** Sets one setting for good, and brings it in. */
export const setAndDeploy = (name: string, value: string | number): string =>
  `echo '${name}=${value}' >> .env && npm run deploy`;

export const sudo = (command: string): string => `sudo ${command}`;

/** Makes one container anew, and no other: for what deploy cannot see that it has to mend. Volumes stay. */
export const recreate = (name: string): string => `docker rm --force ${name} && npm run deploy`;
