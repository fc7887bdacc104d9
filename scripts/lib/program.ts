/** What all commands have in common: options, and flags that npm took. */
import type { Command } from 'commander';
import { partsOf } from '../bootstrap/argv.mjs';
import { silenceText } from './json.ts';
import { type Flag, withFlagsOfNpm } from './npm-flags.ts';

interface GlobalOptions {
  readonly quiet?: boolean;
  readonly color?: boolean;
  readonly project?: string;
}

/** Programs that a command starts see these, too: they are set in the environment. */
export function applyGlobalOptions(
  { quiet, color, project }: GlobalOptions,
  { json }: { readonly json?: boolean },
): void {
  if (color === false) {
    process.env.NO_COLOR = '1';
    delete process.env.FORCE_COLOR;
  }
  if (project !== undefined) process.env.BTCW_PROJECT = project;
  if (quiet) silenceText('nowhere');
  else if (json) silenceText('stderr');
}

/** A command, as far as it is typed. */
export interface CommandFacts {
  readonly name: string;
  readonly description: string;
  /** Its own flags, and those that all commands have. */
  readonly flags: readonly (Flag & { readonly description: string })[];
  /** What its first argument may be. @default - anything, or nothing */
  readonly choices: readonly string[];
}

/** The commands that are shown in the help. */
export function commandsOf(program: Command): CommandFacts[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .map((command) => ({
      name: command.name(),
      description: command.description(),
      flags: [...command.options, ...program.options].map(({ long, short, flags, description }) => ({
        long: long ?? '',
        short,
        value: /<(.+)>/.exec(flags)?.[1],
        description,
      })),
      choices: command.registeredArguments[0]?.argChoices ?? [],
    }));
}

/** The command line as its user wrote it, with the flags that npm took. @throws {UserError} as {@link withFlagsOfNpm} */
export function commandLine(program: Command, argv: readonly string[], env = process.env): string[] {
  const { own, inner } = partsOf(argv);
  const [name = '', ...args] = own;
  const command = commandsOf(program).find((candidate) => candidate.name === name);
  const line = command ? [name, ...withFlagsOfNpm(name, args, command.flags, env)] : [...own];
  return inner.length > 0 ? [...line, '--', ...inner] : line;
}
