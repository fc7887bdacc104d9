/** The page of all commands: also what is shown as their help while no package is installed. */
import type { Command } from 'commander';
import { program } from '../cli.ts';
import { commandsOf } from '../lib/program.ts';
import type { Page } from './render.ts';

const COLUMNS = 100;

function section(title: string, command: Command): string {
  const help = command.configureHelp({ showGlobalOptions: true, helpWidth: COLUMNS }).helpInformation();
  return `## btcw ${title}\n\n\`\`\`text\n${help.trim()}\n\`\`\`\n`;
}

function render(): string {
  const head = '# Commands\n\nWritten by `npm run docs`: what `./btcw COMMAND --help` prints.\n';
  const sections = commandsOf(program).flatMap(({ name }) => {
    const command = program.commands.find((candidate) => candidate.name() === name);
    return command ? [section(name, command)] : [];
  });
  return [head, section('COMMAND', program), ...sections].join('\n');
}

export const COMMANDS_PAGE: Page = { file: 'docs/commands.md', render };
