/** The programs this package drives: how a failed one is reported. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { ExecaError } from './execa.ts';
import { indent, tail } from './text.ts';

const COMMAND_LENGTH = 160;

/** Tells a failed program as what was tried, its command, and the last lines of its output. */
export function commandError(what: string, error: unknown, fix?: string): UserError {
  if (!(error instanceof ExecaError)) throw error;
  const output = tail(`${error.stdout ?? ''}\n${error.stderr ?? ''}`) || error.shortMessage;
  // A script among the arguments would hide what it says.
  const [line = ''] = error.command.split('\n');
  const command = line.length > COMMAND_LENGTH ? `${line.slice(0, COMMAND_LENGTH)} …` : line;
  return new UserError(`${messages.lib.programs.failed(what, command)}\n${indent(output)}`, fix);
}

/** The engine: Terraform, or OpenTofu where bootstrap linked it under that name. */
export function terraformProgram(): string {
  const linked = resolve('node_modules/.bin/terraform');
  return existsSync(linked) ? linked : 'terraform';
}
