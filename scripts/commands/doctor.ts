import { text as textOf } from 'node:stream/consumers';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { root } from '../deployment/host.ts';
import type { Finding } from '../doctor/checks/check.ts';
import { diagnose } from '../doctor/diagnose.ts';
import { gatherFacts } from '../doctor/facts/facts.ts';
import { readNamedFile } from '../lib/files.ts';
import { printJson } from '../lib/json.ts';
import { during } from '../lib/live.ts';
import { paint, secondsSince, table } from '../lib/report.ts';

const { common, doctor: said } = messages.commands;

export interface DoctorOptions {
  readonly json?: boolean;
  /** Show the checks that passed, too. */
  readonly verbose?: boolean;
  /** A WebSocket token to check, instead of one taken with the password file. */
  readonly token?: string;
  /** File with that token, or `-` for standard input: other users of this host see what is on a command line. */
  readonly tokenFile?: string;
}

const SIGN = { ok: '✓', warning: '!', failure: '✗', skipped: '-' } as const;
const COLOUR = { ok: 'green', warning: 'yellow', failure: 'red', skipped: 'gray' } as const;

const sign = ({ level }: Finding): string => paint(COLOUR[level], SIGN[level]);

/** Not a table: a command that a cell breaks in two cannot be copied. */
const problemLines = (finding: Finding): string =>
  `${sign(finding)} ${finding.detail}\n    ${paint('gray', said.failedCheck(finding.name))}\n    ${common.fix(finding.fix)}`;

/** @throws {UserError} where both are given, or the file cannot be read or is empty */
export async function givenToken(
  { token, tokenFile: file }: Pick<DoctorOptions, 'token' | 'tokenFile'>,
  standardInput: () => AsyncIterable<Buffer> = () => process.stdin,
): Promise<string | undefined> {
  if (file === undefined) return token;
  if (token !== undefined) throw new UserError(said.twoTokens);
  const isInput = file === '-';
  let text: string;
  try {
    text = (isInput ? await textOf(standardInput()) : readNamedFile(file)).trim();
  } catch (error) {
    const { message } = error as Error;
    throw new UserError(isInput ? said.cannotReadInput(message) : said.cannotReadFile(file, message));
  }
  if (text === '') throw new UserError(isInput ? said.emptyInput : said.emptyFile(file));
  return text;
}

/** Reports each problem, its cause, and the command that fixes it. Exit code 1: a failure; 0: none, or only warnings. */
export async function doctor({ json, verbose, ...given }: DoctorOptions): Promise<void> {
  const startedMs = Date.now();
  const token = await givenToken(given);
  const facts = await during(messages.deployment.live.asksWhatRuns, () => gatherFacts(root, { token }));
  const findings = diagnose(facts);
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const ok = count('failure') === 0;
  process.exitCode = ok ? 0 : 1;
  if (json) {
    printJson({ ok, tookMs: Date.now() - startedMs, findings });
    return;
  }
  if (verbose) {
    const rows = findings.map((finding) => [
      sign(finding),
      finding.name,
      finding.ok ? finding.detail : said.seeBelow,
    ]);
    console.log(table(['', common.check, said.result], rows));
  }
  for (const finding of findings.filter((candidate) => !candidate.ok)) console.log(problemLines(finding));
  const skipped = count('skipped');
  const time = secondsSince(startedMs);
  const summary =
    skipped > 0
      ? said.passedAndSkipped(count('ok'), findings.length, skipped, time)
      : said.passed(count('ok'), findings.length, time);
  console.log(ok ? `${paint('green', '✓')} ${summary}` : `  ${summary}`);
  if (!verbose && skipped > 0) console.log(`  ${said.allChecks}`);
}
