/** Runs doctor until it reports what is expected, and runs the commands that it prints. */
import { expect } from 'vitest';
import type { Finding } from '../../scripts/doctor/checks/check.ts';
import { eventually, type TestDeployment } from './deployment.ts';

export interface Report {
  readonly code: number;
  readonly failures: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** How long a finding may take to appear, and what is set besides the deployment's settings. */
interface Patience {
  readonly deadlineMs?: number;
  readonly settings?: Record<string, string>;
}

export const ids = (findings: readonly Finding[]) => findings.map(({ id }) => id);
/** Failures, then warnings. */
export const wrong = ({ failures, warnings }: Report) => [...ids(failures), ...ids(warnings)];

/** @param hostWarnings those that there are on the host of a healthy deployment, too */
export function doctorOf(deployment: TestDeployment, hostWarnings: readonly string[]) {
  async function doctor(
    args: readonly string[] = [],
    settings: Record<string, string> = {},
  ): Promise<Report> {
    const { code, output, stdout } = await deployment.run('doctor', ['--json', ...args], settings);
    expect(stdout, output).toMatch(/^\{/);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    const level = (wanted: string) => findings.filter((finding) => finding.level === wanted);
    return {
      code,
      failures: level('failure'),
      warnings: level('warning').filter(({ id }) => !hostWarnings.includes(id)),
    };
  }

  /** Waits for the expected report: a break may take a moment to appear, a tunnel one to come back. */
  async function expectWrong(
    expected: readonly string[],
    { deadlineMs = 20_000, settings = {} }: Patience = {},
  ): Promise<Report> {
    const run = () => doctor([], settings);
    const isExpected = (report: Report) => wrong(report).join() === expected.join();
    const report = await eventually(run, isExpected, deadlineMs);
    const findings = JSON.stringify([...report.failures, ...report.warnings], null, 2);
    expect(wrong(report), findings).toEqual(expected);
    expect(report.code).toBe(report.failures.length > 0 ? 1 : 0);
    return report;
  }
  const expectHealthy = (settings: Record<string, string> = {}) =>
    expectWrong([], { deadlineMs: 60_000, settings });

  /**
   * Runs the command of a finding, as its reader would.
   * @returns the settings from then on: what the command would put into .env is set here
   */
  async function applyFix(finding: Finding | undefined, settings: Record<string, string> = {}) {
    const [dotEnv = '', name = '', value = ''] =
      /^sed -i '[^']+' \.env; echo '(\w+)=(.+)' >> \.env && /.exec(finding?.fix ?? '') ?? [];
    const now = { ...settings, ...(name && { [name]: value }) };
    const command = (finding?.fix ?? '')
      .replace(dotEnv, '')
      .replaceAll('sudo ', '')
      .replaceAll(/npm run (\w+)/g, 'node scripts/run.mjs $1');
    const run = ['-c', command] as const;
    const { code, output } = await deployment.runProgram('sh', run, { ...deployment.settings, ...now });
    // 3: all but the tunnel; frpc may be waiting before it tries again.
    expect([0, 3], `${command}\n${output}`).toContain(code);
    return now;
  }

  /** Expects exactly these findings, runs the command of each, and expects none. */
  async function expectFixed(
    expected: readonly string[],
    patience: Patience = {},
  ): Promise<Report & { readonly settings: Record<string, string> }> {
    const report = await expectWrong(expected, { deadlineMs: 30_000, ...patience });
    let settings = patience.settings ?? {};
    for (const finding of [...report.failures, ...report.warnings]) {
      settings = await applyFix(finding, settings);
    }
    await expectHealthy(settings);
    return { ...report, settings };
  }

  return { doctor, expectWrong, expectHealthy, applyFix, expectFixed };
}
