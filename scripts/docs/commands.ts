/** The pages of all commands: also what is shown as their help while no package is installed. */
import type { Command } from 'commander';
import { CATALOGUES, type Messages } from '../../messages/index.ts';
import { programIn } from '../cli.ts';
import { commandsOf } from '../lib/program.ts';
import type { Page } from './render.ts';

const COLUMNS = 100;

function section(title: string, command: Command): string {
  const help = command
    .configureHelp({ ...command.configureHelp(), helpWidth: COLUMNS })
    .helpInformation()
    .trim();
  return `## btcw ${title}\n\n\`\`\`text\n${help}\n\`\`\`\n`;
}

function render({ cli: said }: Messages): string {
  const program = programIn(said);
  const sections = commandsOf(program).flatMap(({ name }) => {
    const command = program.commands.find((candidate) => candidate.name() === name);
    return command ? [section(name, command)] : [];
  });
  return [said.page, section('COMMAND', program), ...sections].join('\n');
}

export const COMMANDS_PAGES: readonly Page[] = [
  { file: 'docs/commands.md', render: () => render(CATALOGUES.en) },
  { file: 'docs/commands.zh-CN.md', render: () => render(CATALOGUES.zh) },
];
