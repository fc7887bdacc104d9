import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { labelled } from '../bootstrap/step.mjs';
import { printJson } from '../lib/json.ts';
import { hanging, paint } from '../lib/report.ts';
import type { Check } from '../verify/check.ts';
import { deploymentChecks } from '../verify/deployment.ts';
import { remoteChecks } from '../verify/remote.ts';

const { common, verify: said } = messages.commands;

export interface VerifyOptions {
  readonly json?: boolean;
  /** Keeps a WebSocket through the tunnel open for this long, past every idle timeout on the way. @example '90s' */
  readonly soak?: string;
  /** Verifies this address alone, from any machine. @example 'http://47.108.221.231:60001' */
  readonly url?: string;
  /** Who logs in. @default - BTCW_ADMIN_USER */
  readonly user?: string;
  /** File with the password. @default - BTCW_ADMIN_PASSWORD_FILE; on this host else the generated one */
  readonly passwordFile?: string;
}

/** @throws {UserError} for anything but a number of seconds or minutes */
export function soakSeconds(text: string): number {
  const [, number, unit] = /^(\d+)(s|m)?$/.exec(text) ?? [];
  if (!number || Number(number) === 0) {
    throw new UserError(said.badSoak(text));
  }
  return Number(number) * (unit === 'm' ? 60 : 1);
}

const sign = ({ ok, skipped }: Check): string =>
  ok ? paint('green', '✓') : skipped ? paint('gray', '-') : paint('red', '✗');

/** A check as it is shown when it is done; a command is never broken. */
function checkLines(check: Check): string {
  const lines = hanging(sign(check), labelled(check.name, check.detail));
  return check.ok || check.skipped ? lines : `${lines}\n    ${common.fix(check.fix)}`;
}

/** Verifies the deployment. Exit code 0 when no check fails, 1 otherwise. */
export async function verify({ json, soak, url, user, passwordFile }: VerifyOptions): Promise<void> {
  const options = { user, passwordFile, soakSec: soak === undefined ? undefined : soakSeconds(soak) };
  const show = json ? undefined : checkLines;
  const checks = await (url === undefined
    ? deploymentChecks(options, show)
    : remoteChecks({ ...options, url }, show));
  const failed = checks.filter(({ ok, skipped }) => !ok && !skipped);
  const skipped = checks.filter((check) => check.skipped);
  if (failed.length > 0) process.exitCode = 1;
  if (json) {
    printJson({ ok: failed.length === 0, checks });
    return;
  }
  if (failed.length === 0) {
    const passed = checks.length - skipped.length;
    const text =
      skipped.length > 0 ? said.allPassedAndSkipped(passed, skipped.length) : said.allPassed(passed);
    console.log(`${paint('green', '✓')} ${text}`);
    return;
  }
  const text =
    skipped.length > 0
      ? said.failedAndSkipped(failed.length, checks.length, skipped.length)
      : said.failed(failed.length, checks.length);
  console.log(`${paint('red', '✗')} ${text}`);
}
