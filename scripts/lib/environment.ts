/** What the environment hands to a command, beside its settings. */
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';

/** A variable, as a file names it: `process.env` has a `toString`, which is none. */
export const fromEnvironment = (name: string): string | undefined =>
  Object.hasOwn(process.env, name) ? process.env[name] : undefined;

/** What Terraform hands to a command of its own, as JSON. @throws {UserError} where it was not Terraform */
export function fromTerraform(name: string): unknown {
  try {
    return JSON.parse(process.env[name] ?? '');
  } catch {
    throw new UserError(messages.lib.environment.notTerraform(name));
  }
}
