/**
 * Drives terraform on the synthesised folder: the very state and folder that `npx cdktf` uses, without its CLI's
 * start-up time.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { engineError } from '../docker/client.ts';
import { redactor } from '../lib/redact.ts';
import { paint } from '../lib/report.ts';
import { indent, tail } from '../lib/text.ts';
import { root } from './host.ts';
import { ContainersInFlight } from './in-flight.ts';
import type { SynthesisedProject } from './project.ts';
import { secretValues } from './secrets.ts';
import { watchStarts } from './start-watch.ts';
import { backUpState, holderText, lockedError } from './state.ts';
import { InterruptedError, runTerraform } from './terraform-process.ts';
import { volumesToForget } from './volumes.ts';

const said = messages.deployment.terraform;

/**
 * An event of `terraform -json`: the fields this package reads. {@link apply} adds two types of its own: `container_waits`,
 * with the reason as its message, and `apply_ended`.
 * https://developer.hashicorp.com/terraform/internals/machine-readable-ui
 */
export interface TerraformEvent {
  readonly type: string;
  readonly '@message': string;
  readonly hook?: {
    readonly resource: { readonly addr: string };
    readonly action?: string;
    /** Id of what is changed or removed. */
    readonly id_value?: string;
    readonly elapsed_seconds?: number;
  };
  readonly change?: {
    readonly resource: { readonly addr: string };
    readonly action: string;
    readonly reason?: string;
  };
  readonly changes?: { readonly add: number; readonly change: number; readonly remove: number };
  readonly diagnostic?: {
    readonly severity: string;
    readonly summary: string;
    readonly detail?: string;
    readonly address?: string;
  };
}

/** Whether an event tells of something that was added, changed or removed. */
export const changesAnything = ({ changes }: Pick<TerraformEvent, 'changes'>): boolean =>
  changes !== undefined && changes.add + changes.change + changes.remove > 0;

type Diagnostic = NonNullable<TerraformEvent['diagnostic']>;

/** A disk that is full: this host's, or the engine's. */
function fullDisk(output: string): UserError | undefined {
  const line = output
    .split('\n')
    .find((candidate) => /no space left on device|disk quota exceeded/i.test(candidate));
  return line === undefined
    ? undefined
    : new UserError(said.diskFull(line.replace(/^[\s│╷╵]+/, '').trim()), said.diskFullFix);
}

/** The lock's holder, out of what terraform says. */
function lockHolder(detail: string): string | undefined {
  if (!/^\s*Lock Info:/m.test(detail)) return undefined;
  const field = (name: string) => new RegExp(`${name}:\\s*(\\S.*)`).exec(detail)?.[1]?.trim();
  return holderText({ Operation: field('Operation'), Who: field('Who'), Created: field('Created') });
}

/** What a command of this package says of its failure, which terraform has started. */
const wordsOfOurs = ({ detail = '' }: Diagnostic): string | undefined =>
  /^Error running command 'node scripts\/run\.mjs [\w-]+'[\s\S]*?Output: (?:[\s\S]*?\n)?✗ ([\s\S]+)$/
    .exec(detail)?.[1]
    ?.trim();

/** Turns terraform's diagnostics into what the user can do about them. */
export function explain(project: string, diagnostics: readonly Diagnostic[]): UserError {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  const text = errors.map((error) => `${error.summary}\n${error.detail ?? ''}`).join('\n');
  // A lock that cannot be written is nobody's.
  const full = fullDisk(text);
  if (full) return full;
  const holder = lockHolder(text);
  if (holder) {
    return lockedError(project, holder);
  }
  const unavailable = engineError(text);
  if (unavailable) return unavailable;
  const [, inUse] = /container name "\/([^"]+)" is already in use/.exec(text) ?? [];
  if (inUse) return new UserError(said.nameInUse(inUse), said.nameInUseFix(inUse));
  const lines = errors.map((error) => {
    const ours = wordsOfOurs(error);
    if (ours) return ours;
    const where = error.address ? ` (${error.address})` : '';
    return `${error.summary}${where}${error.detail ? `\n${indent(tail(error.detail))}` : ''}`;
  });
  return new UserError(lines.join('\n') || said.noMessage);
}

async function init(folder: string): Promise<{ exitCode: number; output: string }> {
  const lines: string[] = [];
  const args = ['init', '-input=false', '-no-color'];
  const exitCode = await runTerraform(folder, args, (line) => lines.push(line));
  return { exitCode, output: lines.join('\n') };
}

/** Prepares the folder; a provider built anew has another checksum than the one that was locked. */
async function ensureInitialised(folder: string): Promise<void> {
  const lockFile = join(folder, '.terraform.lock.hcl');
  let result = await init(folder);
  if (result.exitCode !== 0 && existsSync(lockFile)) {
    rmSync(lockFile);
    result = await init(folder);
  }
  if (result.exitCode !== 0) {
    const full = fullDisk(result.output);
    if (full) throw full;
    throw new UserError(said.initFailed(indent(tail(result.output))), said.initFix);
  }
}

const needsInit = (text: string): boolean =>
  /terraform init|backend initialization required|required plugins|inconsistent dependency lock|missing or corrupted provider/i.test(
    text,
  );

/** @returns undefined for what is no event: terraform's words to people, or a line that it could not complete */
function parseEvent(line: string): TerraformEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as TerraformEvent;
  } catch {
    return undefined;
  }
}

export interface TerraformResult {
  readonly exitCode: number;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Runs one terraform command with `-json`, and initialises the folder first where that is needed.
 * @param onEvent called with each event as it comes
 * @param stop ends it in order
 */
export async function terraform(
  folder: string,
  args: readonly string[],
  onEvent: (event: TerraformEvent) => void,
  stop?: AbortSignal,
): Promise<TerraformResult> {
  if (!existsSync(join(folder, '.terraform'))) await ensureInitialised(folder);
  for (let attempt = 1; ; attempt += 1) {
    const diagnostics: Diagnostic[] = [];
    const others: string[] = [];
    const take = (line: string) => {
      const event = parseEvent(line);
      if (!event) {
        others.push(line);
        return;
      }
      if (event.diagnostic) diagnostics.push(event.diagnostic);
      onEvent(event);
    };
    const exitCode = await runTerraform(folder, [...args, '-input=false', '-json'], take, stop);
    const failed = exitCode === 1;
    const messages = diagnostics.map(({ summary, detail = '' }) => `${summary} ${detail}`);
    if (failed && attempt === 1 && needsInit([...others, ...messages].join('\n'))) {
      await ensureInitialised(folder);
      continue;
    }
    if (failed && diagnostics.length === 0) {
      diagnostics.push({ severity: 'error', summary: said.failed, detail: tail(others.join('\n')) });
    }
    return { exitCode, diagnostics };
  }
}

/** Has terraform forget volumes that it must not delete. */
async function forgetVolumes({ topology, synthesis }: SynthesisedProject): Promise<void> {
  const addresses = await volumesToForget(topology, synthesis.volumes);
  if (addresses.length === 0) return;
  if (!existsSync(join(synthesis.folder, '.terraform'))) await ensureInitialised(synthesis.folder);
  const lines: string[] = [];
  const args = ['state', 'rm', ...addresses];
  const exitCode = await runTerraform(synthesis.folder, args, (line) => lines.push(line));
  if (exitCode === 0) return;
  throw new UserError(said.cannotForget(addresses.join(', '), indent(tail(lines.join('\n')))));
}

/** The state as an apply left it, whether or not it failed: what a state that breaks later is restored from. */
function backUpResult(project: string): void {
  try {
    backUpState(project);
  } catch {
    // What terraform did counts; the next apply backs up before it begins.
  }
}

/** @throws {UserError} with terraform's own message, made plain where it is known */
export async function apply(
  synthesised: SynthesisedProject,
  args: readonly string[],
  onEvent: (event: TerraformEvent) => void,
): Promise<void> {
  const { topology, synthesis } = synthesised;
  const { project, services } = topology;
  backUpState(project);
  await forgetVolumes(synthesised);
  const inFlight = new ContainersInFlight();
  const stop = new AbortController();
  const end = new AbortController();
  const watching = watchStarts({
    services,
    starting: () => inFlight.starting.flatMap((address) => synthesis.names.get(address) ?? []),
    redact: redactor(secretValues(synthesised, root)),
    say: (text) => console.error(`${paint('yellow', '!')} ${text}`),
    waits: (name, why) => {
      const addr = inFlight.starting.find((address) => synthesis.names.get(address) === name);
      if (addr)
        onEvent({ type: 'container_waits', '@message': why, hook: { resource: { addr }, action: 'create' } });
    },
    signal: end.signal,
  }).then((lost) => {
    if (lost) stop.abort();
    return lost;
  });
  try {
    const take = (event: TerraformEvent) => {
      inFlight.take(event);
      onEvent(event);
    };
    const command = ['apply', '-auto-approve', ...args];
    const { exitCode, diagnostics } = await terraform(synthesis.folder, command, take, stop.signal);
    end.abort();
    const lost = await watching;
    if (lost) await inFlight.settle(project);
    if (exitCode !== 0) throw lost ?? explain(project, diagnostics);
  } catch (error) {
    if (error instanceof InterruptedError) await inFlight.settle(project);
    throw error;
  } finally {
    end.abort();
    onEvent({ type: 'apply_ended', '@message': '' });
    backUpResult(project);
  }
}
