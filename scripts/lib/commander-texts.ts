/** What commander says by itself, from the catalogues: titles of the help, errors of the command line. */
import type { Command, Option } from 'commander';
import type { Messages } from '../../messages/index.ts';
import { textWidth, wrap } from './text.ts';

type Texts = Messages['cli']['commander'];

/** A line of commander's, and what is said instead, with what stands in its brackets. */
type Translation = readonly [line: RegExp, say: (...parts: string[]) => string];

const translations = (said: Texts): readonly Translation[] => [
  [/^error: unknown option '(.*)'$/, said.unknownOption],
  [/^error: unknown command '(.*)'$/, said.unknownCommand],
  [/^error: missing required argument '(.*)'$/, said.missingArgument],
  [/^error: option '(.*)' argument missing$/, said.missingValue],
  [
    /^error: too many arguments for '(.*)'\. Expected (\d+) arguments? but got (\d+)\.$/,
    said.tooManyArguments,
  ],
  [
    /^error: command-argument value '(.*)' is invalid for argument '(.*)'\. Allowed choices are (.*)\.$/,
    said.invalidArgument,
  ],
  [/^\(Did you mean one of (.*)\?\)$/, said.didYouMeanOneOf],
  [/^\(Did you mean (.*)\?\)$/, said.didYouMean],
];

/** What commander says of a wrong command line; a line that is not known stays as it is. */
const translated = (text: string, said: Texts): string =>
  text
    .split('\n')
    .map((line) => {
      for (const [pattern, say] of translations(said)) {
        const match = pattern.exec(line);
        if (match) return say(...match.slice(1));
      }
      return line;
    })
    .join('\n');

/** Has a program, and the commands that are added to it from then on, speak by a catalogue. */
export function speakBy(said: Texts, program: Command): void {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': said.usage,
    'Arguments:': said.arguments,
    'Options:': said.options,
    'Global Options:': said.globalOptions,
    'Commands:': said.commands,
  };
  const placeholders = (usage: string): string =>
    usage.replace('[options]', said.someOptions).replace('[command]', said.someCommand);
  program
    .configureHelp({
      showGlobalOptions: true,
      displayWidth: textWidth,
      boxWrap: (text, width) =>
        text
          .split('\n')
          .flatMap((line) => wrap(line, width))
          .join('\n'),
      styleTitle: (title) => titles[title] ?? title,
      styleUsage: placeholders,
      styleSubcommandTerm: placeholders,
      optionDescription: ({ description, required, defaultValue }: Option) =>
        required && defaultValue !== undefined
          ? said.withDefault(description, JSON.stringify(defaultValue))
          : description,
    })
    .configureOutput({ outputError: (text, write) => write(translated(text, said)) });
}
