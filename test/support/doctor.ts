/** Asks doctor until it says what is expected, and applies the commands it prints. */
import { expect } from 'vitest';
import type { Finding } from '../../scripts/doctor/checks.ts';
import { eventually, type TestDeployment } from './deployment.ts';

export interface Report {
  readonly code: number;
  readonly failures: readonly Finding[];
  readonly warnings: readonly Finding[];
}

export const ids = (findings: readonly Finding[]) => findings.map(({ id }) => id);
/** All that is not well, failures first. */
export const wrong = ({ failures, warnings }: Report) => [...ids(failures), ...ids(warnings)];

/** @param hostWarnings those that the engine gives with a healthy deployment, too */
export function doctorOf(deployment: TestDeployment, hostWarnings: readonly string[]) {
  async function doctor(
    args: readonly string[] = [],
    settings: Record<string, string> = {},
  ): Promise<Report> {
    const { code, output, stdout } = await deployment.run('doctor', ['--json', ...args], settings);
    expect(stdout, output).toMatch(/^\{/);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    const level = (wanted: string) => findings.filter((one) => one.level === wanted);
    return {
      code,
      failures: level('failure'),
      warnings: level('warning').filter(({ id }) => !hostWarnings.includes(id)),
    };
  }

  /** Looks until the report is the expected one: a break may take a moment to show, a tunnel one to come back. */
  async function expectWrong(expected: readonly string[], deadlineMs = 20_000): Promise<Report> {
    const report = await eventually(doctor, (one) => wrong(one).join() === expected.join(), deadlineMs);
    const told = JSON.stringify([...report.failures, ...report.warnings], null, 2);
    expect(wrong(report), told).toEqual(expected);
    expect(report.code).toBe(report.failures.length > 0 ? 1 : 0);
    return report;
  }
  const expectWell = () => expectWrong([], 60_000);

  /** Runs the command a finding names, as its reader would. */
  async function applyFix(finding: Finding | undefined): Promise<void> {
    const command = (finding?.fix ?? '')
      .replaceAll('sudo ', '')
      .replaceAll(/npm run (\w+)/g, 'node scripts/run.mjs $1');
    const { code, output } = await deployment.runProgram('sh', ['-c', command], deployment.settings);
    expect(code, `${command}\n${output}`).toBe(0);
  }

  async function mended(expected: readonly string[], deadlineMs?: number): Promise<Report> {
    const report = await expectWrong(expected, deadlineMs);
    for (const finding of [...report.failures, ...report.warnings]) await applyFix(finding);
    await expectWell();
    return report;
  }

  return { doctor, expectWrong, expectWell, applyFix, mended };
}
