/**
 * Judges the facts: each check is a pure function of them. One that can only fail because another has failed is
 * skipped, so that a report names causes and not their consequences.
 */
import { messages } from '../../messages/index.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import type { AppProfile } from '../lib/app-profile.ts';
import { backingChecks } from './checks/backing.ts';
import type { Check, Dependency, Finding, Problem } from './checks/check.ts';
import { clockChecks } from './checks/clock.ts';
import { containerChecks } from './checks/containers.ts';
import { guardChecks } from './checks/guard.ts';
import { hostChecks, settings } from './checks/host.ts';
import { imageChecks } from './checks/images.ts';
import { loginChecks } from './checks/login.ts';
import { logChecks } from './checks/logs.ts';
import { networkChecks } from './checks/network.ts';
import { nginxChecks } from './checks/nginx.ts';
import { pageChecks } from './checks/page.ts';
import { portChecks } from './checks/ports.ts';
import { tunnelChecks } from './checks/tunnel.ts';
import type { Facts } from './facts/facts.ts';

const said = messages.doctor.diagnose;

/** Commands that the machine itself takes, and neither the engine nor this package. */
const OF_THE_HOST = /^(echo .*\| )?(sudo|top|ip|getent) /;

/** All checks, in the order in which they are reported. */
export const checksFor = (topology: Topology, profile: AppProfile): readonly Check[] => [
  ...hostChecks(topology),
  ...portChecks(topology),
  ...containerChecks(topology),
  ...imageChecks(),
  ...guardChecks(),
  ...backingChecks(topology),
  ...logChecks(topology),
  ...networkChecks(topology),
  ...nginxChecks(topology),
  ...pageChecks(topology),
  ...loginChecks(topology, profile),
  ...tunnelChecks(topology),
  ...clockChecks(topology, profile),
];

export const idOf = (dependency: Dependency): string =>
  typeof dependency === 'string' ? dependency : dependency.id;

interface Outcome {
  readonly finding: Finding;
  /** The failed check that is at the root of it: itself, or one that it depends on. */
  readonly cause: Check | undefined;
}

/** Whether a check fails because what it goes by is not deployed yet. */
const isExplained = (check: Check, problem: Problem, { release }: Facts): boolean => {
  const goesBy = problem.settings ?? check.settings ?? [];
  return release?.changed.some(({ name }) => goesBy.includes(name)) ?? false;
};

/** Runs a check, or skips it for the failed check that causes its failure. */
function outcomeOf(check: Check, cause: Check | undefined, facts: Facts): Outcome {
  const { id, name, hop, level = 'failure' } = check;
  const passed = { id, name, hop, ok: true, fix: '' };
  const skipped = { ...passed, level: 'skipped' as const };
  const causedBy = (other: Check): Finding => ({ ...skipped, detail: said.causedBy(other.name) });
  if (cause) return { finding: causedBy(cause), cause };
  const verdict = check.run(facts);
  if (!verdict) return { finding: { ...skipped, detail: said.noData }, cause };
  if ('skipped' in verdict) {
    return { finding: { ...skipped, detail: said.skipped(verdict.skipped) }, cause };
  }
  if ('ok' in verdict) return { finding: { ...passed, level: 'ok', detail: verdict.ok }, cause };
  const isCause = level === 'failure';
  if (isExplained(check, verdict, facts)) {
    return { finding: causedBy(settings), cause: isCause ? settings : undefined };
  }
  const { problem: detail } = verdict;
  const isOfHost = facts.machine !== undefined && OF_THE_HOST.test(verdict.fix);
  const fix = isOfHost ? messages.engineHost.commandOn(facts.machine ?? '', verdict.fix) : verdict.fix;
  return { finding: { ...passed, level, ok: false, detail, fix }, cause: isCause ? check : undefined };
}

/** Runs each check after those that it depends on. @returns the findings in the order of the checks */
export function runChecks(checks: readonly Check[], facts: Facts): Finding[] {
  const byId = new Map(checks.map((check) => [check.id, check]));
  const outcomes = new Map<string, Outcome>();
  const resolve = (check: Check): Outcome => {
    const known = outcomes.get(check.id);
    if (known) return known;
    const [cause] = check.dependsOn.flatMap((dependency) => {
      const other = byId.get(idOf(dependency));
      return (other && resolve(other).cause) ?? [];
    });
    const outcome = outcomeOf(check, cause, facts);
    outcomes.set(check.id, outcome);
    return outcome;
  };
  for (const check of checks) resolve(check);
  const causes = new Set([...outcomes.values()].map(({ cause }) => cause?.id));
  return checks.map((check) => {
    const { finding } = resolve(check);
    // A warning alone, it is a failure where it is the reason for one.
    return finding.level === 'warning' && causes.has(check.id) ? { ...finding, level: 'failure' } : finding;
  });
}

/** Judges the facts of a deployment. */
export const diagnose = (facts: Facts): Finding[] =>
  runChecks(checksFor(facts.topology, facts.profile), facts);
