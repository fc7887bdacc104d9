import { loadSettings } from '../../stacks/settings.ts';
import type { Finding } from '../doctor/checks/check.ts';
import { diagnose } from '../doctor/diagnose.ts';
import { gatherFacts } from '../doctor/facts.ts';
import { root } from '../lib/project.ts';
import { paint, secondsSince, table } from '../lib/report.ts';

export interface DoctorOptions {
  readonly json?: boolean;
  /** Show what is fine, too. */
  readonly verbose?: boolean;
  /** A WebSocket token to look at, instead of one taken with the password file. */
  readonly token?: string;
}

const SIGN = { ok: '✓', warning: '!', failure: '✗', skipped: '-' } as const;
const COLOUR = { ok: 'green', warning: 'yellow', failure: 'red', skipped: 'gray' } as const;

const sign = ({ level }: Finding): string => paint(COLOUR[level], SIGN[level]);

/** Not a table: a command that a cell breaks in two cannot be copied. */
const problemLines = (finding: Finding): string =>
  `${sign(finding)} ${finding.detail}\n    ${paint('gray', `not so: ${finding.name}`)}\n    Fix: ${finding.fix}`;

/** Says what is wrong, why, and what mends it. Exit code 0: nothing but perhaps warnings, 1: something. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const startedMs = Date.now();
  const findings = diagnose(await gatherFacts(loadSettings(), root, { token: options.token }));
  const count = (level: Finding['level']) => findings.filter((one) => one.level === level).length;
  const ok = count('failure') === 0;
  process.exitCode = ok ? 0 : 1;
  if (options.json) {
    console.log(JSON.stringify({ ok, tookMs: Date.now() - startedMs, findings }, null, 2));
    return;
  }
  if (options.verbose) {
    console.log(
      table(
        ['', 'check', 'seen'],
        findings.map((one) => [sign(one), one.name, one.ok ? one.detail : 'see below']),
      ),
    );
  }
  for (const finding of findings.filter((one) => !one.ok)) console.log(problemLines(finding));
  const skipped = count('skipped');
  const rest = skipped > 0 ? `, ${skipped} not looked at` : '';
  const summary = `${count('ok')} of ${findings.length} checks are fine${rest} (${secondsSince(startedMs)})`;
  console.log(ok ? `${paint('green', '✓')} ${summary}` : `  ${summary}`);
  if (!options.verbose && skipped > 0) console.log('  All of them: npm run doctor -- --verbose');
}
