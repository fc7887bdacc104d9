/** What completes commands and options in a shell, made of the commands there are. Pure. */
import type { CommandFacts } from './program.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const wordsOf = ({ flags, choices }: CommandFacts): string[] => [
  ...choices,
  ...flags.flatMap(({ long, short }) => (short ? [long, short] : [long])),
];

/** In single quotes, for every one of the shells. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly CommandFacts[]): string {
  const cases = commands.map(
    (command) => `    ${command.name}) words=${quoted(wordsOf(command).join(' '))} ;;`,
  );
  const names = commands.map(({ name }) => name);
  return `_btcw() {
  local command= word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${names.join('|')}) command=$word; break ;; esac
  done
  case $command in
${cases.join('\n')}
    *) words=${quoted(names.join(' '))} ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _btcw btcw ./btcw`;
}

/** A word and what it means, as zsh's _describe takes them. */
const described = (word: string, description: string): string =>
  quoted(`${word.replaceAll(':', '\\:')}:${description}`);

function zsh(commands: readonly CommandFacts[]): string {
  const cases = commands.map(({ name, flags, choices }) => {
    const words = [
      ...choices.map((choice) => described(choice, name)),
      ...flags.map(({ long, description }) => described(long, description)),
    ];
    return `  ${name}) candidates=(${words.join(' ')}) ;;`;
  });
  const names = commands.map(({ name, description }) => described(name, description));
  return `#compdef btcw
local command= word
local -a candidates
for word in \${words[2,CURRENT-1]}; do
  case $word in ${commands.map(({ name }) => name).join('|')}) command=$word; break ;; esac
done
case $command in
${cases.join('\n')}
  *) candidates=(${names.join(' ')}) ;;
esac
_describe btcw candidates || _files`;
}

function fish(commands: readonly CommandFacts[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const lines = commands.flatMap(({ name, description, flags, choices }) => {
    const here = `complete -c btcw -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c btcw -n 'not __fish_seen_subcommand_from ${names}' -f -a ${name} -d ${quoted(description)}`,
      ...(choices.length > 0 ? [`${here} -f -a ${quoted(choices.join(' '))}`] : []),
      ...flags.map(({ long, short, value, description: meaning }) => {
        const letter = short ? ` -s ${short.slice(1)}` : '';
        return `${here}${letter} -l ${long.slice(2)}${value ? ' -r' : ''} -d ${quoted(meaning)}`;
      }),
    ];
  });
  return lines.join('\n');
}

const GENERATORS: Readonly<Record<Shell, (commands: readonly CommandFacts[]) => string>> = {
  bash,
  zsh,
  fish,
};

export const completionFor = (shell: Shell, commands: readonly CommandFacts[]): string =>
  GENERATORS[shell](commands);
