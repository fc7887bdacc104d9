/**
 * npm takes flags behind `npm run NAME` for itself, and hands them on in the environment only. Pure.
 * https://docs.npmjs.com/cli/v11/using-npm/config#environment-variables
 */
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';

/** One flag of a command. */
export interface Flag {
  /** @example '--tail' */
  readonly long: string;
  /** @default - none */
  readonly short?: string | undefined;
  /** What its value is called. @default - it takes none @example 'lines' */
  readonly value?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What npm makes of flags that it knows, or takes for the beginning of one that it knows. */
const AS_NPM_READS_THEM: Readonly<Record<string, (env: Environment) => string | undefined>> = {
  '--verbose': ({ npm_config_loglevel: level }) => (level === 'verbose' ? 'true' : undefined),
  '--no-color': ({ npm_config_color: color }) => (color === '' || color === 'false' ? 'true' : undefined),
  // npm 11 has no --token, and takes it for --token-description.
  '--token': ({ npm_config_token: token, npm_config_token_description: description }) => token ?? description,
  // In npm "-f" is --force.
  '--follow': ({ npm_config_follow: follow, npm_config_force: force }) => follow ?? force,
};

const npmName = (long: string): string => `npm_config_${long.replace(/^--/, '').replaceAll('-', '_')}`;

/** What npm has of a flag: undefined where it was not given. */
function givenToNpm(flag: Flag, env: Environment): string | undefined {
  const read = AS_NPM_READS_THEM[flag.long] ?? ((all: Environment) => all[npmName(flag.long)]);
  const value = read(env);
  // npm writes "" for what is off.
  return value === '' || value === 'false' ? undefined : value;
}

const quoted = (word: string): string => (/^[\w./:@=,+-]+$/.test(word) ? word : `'${word}'`);

/**
 * The arguments of a command as its user wrote them.
 * @param args what npm left of them, without the command
 * @param flags those that the command has
 * @throws {UserError} where npm parted a flag from its value
 */
export function withFlagsOfNpm(
  command: string,
  args: readonly string[],
  flags: readonly Flag[],
  env: Environment,
): string[] {
  // Elsewhere such names are of another run of npm: `npm test` starts commands, too.
  if (env.npm_lifecycle_event !== command) return [...args];
  const isGiven = ({ long, short }: Flag) =>
    args.some((arg) => arg === long || arg.startsWith(`${long}=`) || (short && arg === short));
  const taken = flags
    .filter((flag) => !isGiven(flag))
    .flatMap((flag) => {
      const given = givenToNpm(flag, env);
      return given === undefined ? [] : [{ ...flag, given }];
    });
  const asWritten = ({ long, value, given }: (typeof taken)[number]) => (value ? `${long}=${given}` : long);
  const parted = taken.filter(({ value, given }) => value !== undefined && given === 'true');
  if (parted.length === 0) return [...taken.map(asWritten), ...args];
  // Which word belongs to which flag cannot be told, unless there is one of each.
  const single = parted.length === 1 && args.length === 1 ? args[0] : undefined;
  const words = parted.map(({ long, value = '' }) => `${long} ${quoted(single ?? value.toUpperCase())}`);
  const others = taken.filter((flag) => !parted.includes(flag)).map(asWritten);
  throw new UserError(
    messages.lib.npmFlags.kept(parted.map(({ long }) => long).join(messages.lib.and)),
    `npm run ${command} -- ${[...words, ...others].join(' ')}`,
  );
}
