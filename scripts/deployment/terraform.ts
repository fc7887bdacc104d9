/**
 * Drives terraform on the synthesised folder: the very state and folder that `npx cdktf` uses, without its CLI's
 * start-up time.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { UserError } from '../../stacks/errors.mjs';
import { engineError } from '../docker/client.ts';
import { terraformProgram } from '../lib/programs.ts';
import { indent, tail } from '../lib/text.ts';
import { root } from './host.ts';
import type { SynthesisedProject } from './project.ts';
import { volumesToForget } from './volumes.ts';

const BACKUPS_KEPT = 10;
/** What an interrupted terraform gets to end its work before it is killed. */
const GRACE_MS = 120_000;

/** An event of `terraform -json`: the fields this package reads. https://developer.hashicorp.com/terraform/internals/machine-readable-ui */
export interface TerraformEvent {
  readonly type: string;
  readonly '@message': string;
  readonly hook?: {
    readonly resource: { readonly addr: string };
    readonly action?: string;
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

export const stateFile = (project: string): string => join(root, `terraform.${project}.tfstate`);

/** Terraform writes its state in place (hashicorp/terraform#34266): the last good ones are kept aside. */
function backUpState(project: string): void {
  const state = stateFile(project);
  if (!existsSync(state)) return;
  const folder = join(root, '.state-backups', project);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  copyFileSync(state, join(folder, `${new Date().toISOString().replaceAll(':', '-')}.tfstate`));
  for (const old of readdirSync(folder).sort().slice(0, -BACKUPS_KEPT)) rmSync(join(folder, old));
}

/** The lock's holder, out of what terraform says. */
function lockHolder(detail: string): string | undefined {
  if (!/lock info/i.test(detail)) return undefined;
  const field = (name: string) => new RegExp(`${name}:\\s*(\\S.*)`).exec(detail)?.[1]?.trim();
  const operation = (field('Operation') ?? 'operation').replace('OperationType', '').toLowerCase();
  return `"${operation}" by ${field('Who') ?? 'someone'}, since ${(field('Created') ?? 'a moment ago').replace(/\.\d+/, '')}`;
}

/** Turns terraform's diagnostics into what the user can do about them. */
export function explain(project: string, diagnostics: readonly Diagnostic[]): UserError {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  const text = errors.map((error) => `${error.summary}\n${error.detail ?? ''}`).join('\n');
  const holder = lockHolder(text);
  if (holder) {
    return new UserError(
      `Another run holds the lock of "${project}": ${holder}. Nothing was changed.`,
      'wait until it has ended, then run this again.',
    );
  }
  const unavailable = engineError(text);
  if (unavailable) return unavailable;
  const inUse = /container name "\/([^"]+)" is already in use/.exec(text);
  if (inUse) {
    return new UserError(
      `A container named ${inUse[1]} exists, but not in this deployment's state.`,
      `docker rm -f ${inUse[1]}, or choose another BTCW_PROJECT.`,
    );
  }
  const lines = errors.map((error) => {
    const where = error.address ? ` (${error.address})` : '';
    return `${error.summary}${where}${error.detail ? `\n${indent(tail(error.detail))}` : ''}`;
  });
  return new UserError(lines.join('\n') || 'terraform failed without saying why.');
}

const environment = {
  // No call home, which hangs where the vendor's servers are slow.
  CHECKPOINT_DISABLE: '1',
  TF_IN_AUTOMATION: '1',
};

/** The user ended a command: what terraform reports then is no fault. */
export class InterruptedError extends UserError {
  constructor() {
    super(
      'Interrupted. What was done until then is in the state.',
      'the same command again goes on from here.',
    );
  }
}
let interrupted = false;

function start(folder: string, args: readonly string[]) {
  const child = execa(terraformProgram(), args, {
    cwd: folder,
    env: environment,
    reject: false,
    preferLocal: false,
    // A terminal sends Ctrl-C to terraform as well, which ends its work in order; so this process only has to wait.
    detached: false,
  });
  const pass = (signal: NodeJS.Signals) => {
    if (!interrupted) console.error('Ending what was begun …');
    interrupted = true;
    if (signal === 'SIGTERM') child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
  };
  process.on('SIGINT', pass).on('SIGTERM', pass);
  child.finally(() => process.off('SIGINT', pass).off('SIGTERM', pass));
  return child;
}

async function init(folder: string, ...flags: string[]) {
  return await start(folder, ['init', '-input=false', '-no-color', ...flags]);
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
    throw new UserError(
      `terraform init failed:\n${indent(tail(`${result.stdout}\n${result.stderr}`))}`,
      'npm run up makes the provider available.',
    );
  }
}

const needsInit = (text: string): boolean =>
  /terraform init|backend initialization required|required plugins|inconsistent dependency lock|missing or corrupted provider/i.test(
    text,
  );

export interface TerraformResult {
  readonly exitCode: number;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Runs one terraform command with `-json`, and initialises the folder first where that is needed.
 * @param onEvent called with each event as it comes
 */
export async function terraform(
  folder: string,
  args: readonly string[],
  onEvent: (event: TerraformEvent) => void,
): Promise<TerraformResult> {
  if (!existsSync(join(folder, '.terraform'))) await ensureInitialised(folder);
  for (let attempt = 1; ; attempt += 1) {
    const child = start(folder, [...args, '-input=false', '-json']);
    const diagnostics: Diagnostic[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('{')) continue;
      const event = JSON.parse(line) as TerraformEvent;
      if (event.diagnostic) diagnostics.push(event.diagnostic);
      onEvent(event);
    }
    const { exitCode = 1, stderr } = await child;
    const failed = exitCode === 1;
    if (interrupted && exitCode !== 0) throw new InterruptedError();
    const messages = diagnostics.map(({ summary, detail = '' }) => `${summary} ${detail}`);
    if (failed && attempt === 1 && needsInit([stderr, ...messages].join('\n'))) {
      await ensureInitialised(folder);
      continue;
    }
    if (failed && diagnostics.length === 0) {
      diagnostics.push({ severity: 'error', summary: 'terraform failed', detail: tail(stderr) });
    }
    return { exitCode, diagnostics };
  }
}

/** Has terraform forget volumes that it must not delete. */
async function forgetVolumes({ topology, synthesis }: SynthesisedProject): Promise<void> {
  const file = stateFile(topology.project);
  const addresses = await volumesToForget(topology, file, synthesis.volumes);
  if (addresses.length === 0) return;
  if (!existsSync(join(synthesis.folder, '.terraform'))) await ensureInitialised(synthesis.folder);
  const { exitCode, stderr } = await start(synthesis.folder, ['state', 'rm', ...addresses]);
  if (exitCode === 0) return;
  throw new UserError(`terraform cannot forget ${addresses.join(', ')}:\n${indent(tail(stderr))}`);
}

/** @throws {UserError} with terraform's own message, made plain where it is known */
export async function apply(
  synthesised: SynthesisedProject,
  args: readonly string[],
  onEvent: (event: TerraformEvent) => void,
): Promise<void> {
  const { project } = synthesised.topology;
  const { folder } = synthesised.synthesis;
  backUpState(project);
  await forgetVolumes(synthesised);
  const { exitCode, diagnostics } = await terraform(folder, ['apply', '-auto-approve', ...args], onEvent);
  if (exitCode !== 0) throw explain(project, diagnostics);
}
