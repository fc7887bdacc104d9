/** What a check is, and the words that all of them use. */
import { messages } from '../../../messages/index.ts';
import type { SettingName } from '../../../stacks/settings/definitions.ts';
import { isOnHostNetwork, type Port, type Service } from '../../../stacks/topology/service.ts';
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { isOwn } from '../../deployment/profile.ts';
import { seeLog } from '../../deployment/routes.ts';
import type { HttpAnswer } from '../../lib/http.ts';
import type { Facts } from '../facts/facts.ts';

const said = messages.doctor.check;

/** What a finding is about: a service by its name, the user's browser, or the host below them. */
export type Hop = Service['name'] | 'browser' | 'host';

export interface Finding {
  readonly id: string;
  /** What should be so. @example 'nginx is running and healthy' */
  readonly name: string;
  readonly hop: Hop;
  /** `skipped`: caused by another finding, or without data. Only `failure` makes the exit code 1. */
  readonly level: 'ok' | 'warning' | 'failure' | 'skipped';
  /** False for warnings and failures. */
  readonly ok: boolean;
  readonly detail: string;
  /** The one command that fixes it; empty where there is no problem. */
  readonly fix: string;
}

export interface Problem {
  readonly problem: string;
  /** It deletes or opens something only where the evidence is an answer, or was the same twice. */
  readonly fix: string;
  /** Settings that cause it where they are not deployed yet. @default - those of its check */
  readonly settings?: readonly SettingName[];
}

/** What a check finds: undefined where its facts could not be had; `skipped` with the reason why it says nothing. */
export type Verdict = { readonly ok: string } | { readonly skipped: string } | Problem | undefined;

/** The ids of checks that there are once for each service, or for each of its ports. */
export type ServiceCheckId =
  | `port-${string}`
  | `container-${string}`
  | `health-checks-${string}`
  | `memory-${string}`
  | `log-size-${string}`
  | `log-readable-${string}`
  | `firewall-${string}`
  | `connects-${string}`
  | `${string}-at-gateway`;

/** Another check, or the id of one that is of a service; of a service that the topology lacks there is none. */
export type Dependency = Check | ServiceCheckId;

export interface Check {
  readonly id: string;
  /** What should be so. */
  readonly name: string;
  readonly hop: Hop;
  /** Checks whose failure this one would only repeat. */
  readonly dependsOn: readonly Dependency[];
  /** Of its own failure; a warning that causes another check to fail is a failure. @default 'failure' */
  readonly level?: 'warning';
  /** Settings that it goes by: where one of them is not deployed yet, that is why it fails. @default [] */
  readonly settings?: readonly SettingName[];
  readonly run: (facts: Facts) => Verdict;
}

/** A service is its own hop; one that works in the host's network and carries no traffic, the guard, is the host's. */
export function hopOf({ tunnels }: Topology, service: Service): Hop {
  const { name, ports } = service;
  const carriesTraffic = ports.length > 0 || tunnels.some(({ client }) => client === name);
  return isOnHostNetwork(service) && !carriesTraffic ? 'host' : name;
}

/** @example containerName(facts, 'nginx') // 'btc-watcher-nginx' */
export const containerName = ({ topology }: Pick<Facts, 'topology'>, service: string): string =>
  serviceNamed(topology, service).containerName;

const ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: said.refused,
  ECONNRESET: said.reset,
};

export const describeAnswer = ({ status, error }: HttpAnswer): string =>
  status > 0 ? said.status(status) : (ERRORS[error] ?? error);

/** @example listed(['backend', 'frontend']) // 'backend and frontend' */
export const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : said.and(names.slice(0, -1).join(said.list), names.at(-1) ?? '');

/** Sets one setting for good, in place of what .env has of it, and deploys it. */
export const setAndDeploy = (name: string, value: string | number): string =>
  `sed -i '/^${name}=/d' .env; echo '${name}=${value}' >> .env && npm run deploy`;

export const sudo = (command: string): string => `sudo ${command}`;

/** The settings that choose where a service is published. */
export const portSettings = ({ ports }: Pick<Service, 'ports'>): SettingName[] =>
  ports.flatMap(settingsOfPort);

export const settingsOfPort = ({ setting, addressSetting }: Port): SettingName[] =>
  [setting, addressSetting].filter((name) => name !== undefined);

/** The fix where there is no answer: no reason to restart what Docker finds healthy. */
export const logOf = ({ topology }: Pick<Facts, 'topology'>, service: string): string =>
  seeLog(topology, service);

/**
 * The fix where a service answers with an error, or refuses: a restart, where it is this package's. What an application of
 * the owner's says is in its log.
 */
export const restartOf = (facts: Pick<Facts, 'topology'>, service: string): string =>
  isOwn(serviceNamed(facts.topology, service))
    ? logOf(facts, service)
    : `docker restart ${containerName(facts, service)}`;

/** Replaces one container, and no other: for a change that deploy cannot see. Volumes stay. */
export const recreate = (name: string): string => `docker rm --force ${name} && npm run deploy`;
