import { bootstrap } from './bootstrap.mjs';

/** The help: what there is, and what it is for. */
export const cli = {
  description: 'Deploys nginx, a backend, a frontend and an frp tunnel on one Docker host.',
  /** Head of docs/commands.md. */
  page: '# Commands\n\nWritten by `npm run docs`: what `./btcw COMMAND --help` prints.\n',
  /** Options of every command. */
  options: {
    envFile: 'read the settings of this file instead of .env',
    help: 'display help for command',
    noColor: 'print no colours, as with NO_COLOR=1',
    project: 'set BTCW_PROJECT for this run',
    quiet: 'print problems only',
    verbose: 'show stack traces',
    version: 'print the version',
  },
  /** Options of several commands. */
  shared: {
    adopt: 'take over what another folder has deployed, with its secrets and data',
    discard: 'lose files that containers have written outside their volumes',
    dryRun: 'show what it would do, and change nothing; exit codes as those of diff',
    json: 'report as JSON',
    services: (names: string) => `Services: ${names}`,
    yes: 'do not ask',
  },
  backup: {
    about: 'put databases, volumes, secrets and settings into one archive, while everything serves',
    file: 'the archive, a new file',
  },
  bench: {
    about: 'measure, on a deployment of its own: times, and ratios to plain cdktf in the same run',
  },
  bundle: {
    about: 'write one signed file with all that up needs on a machine without a network',
    arch: 'architecture of that machine; that of this one, as images are built for no other',
    file: 'the bundle, a new file',
  },
  completion: {
    about: 'print what completes commands and options in a shell',
    more: `bash: btcw completion bash > ~/.local/share/bash-completion/completions/btcw
zsh:  btcw completion zsh > a file "_btcw" in a folder of $fpath
fish: btcw completion fish > ~/.config/fish/completions/btcw.fish`,
  },
  deploy: {
    about: 'bring this host to the declared state; exit code 1: it does not work, 3: all but the tunnel',
    acceptFrpCertificate: 'pin the certificate that the frp server shows now, in the place of another',
    noBackup: 'replace the container of a database without a backup of it before',
    rollbackOnFailure: 'go back to the last good deployment when this one fails',
  },
  destroy: {
    about: 'remove every container and network of the project; data stays',
    volumes: 'remove the volumes with the data, too',
  },
  diff: { about: 'show what deploy would change; exit code 0: nothing, 2: something, 1: error' },
  doctor: {
    about: 'say what is wrong, why, and the command that fixes it; exit code 1 when something is',
    more: 'With --verbose, checks that passed are shown, too.',
    token: 'check this WebSocket token instead of taking one',
    tokenFile: 'the same from a file, or from standard input: -',
  },
  exec: {
    about: 'run a command in the container of a service, with its environment; exit code as of the command',
    command: 'with its arguments',
    service: 'service, or its container',
  },
  images: {
    about: 'build the images that are missing',
    fresh: "build all anew, on today's packages; deploy has them run, rollback the old ones again",
    image: 'only that of this service, or "base"',
    reference: 'print its name, and build nothing',
  },
  logoutAll: { about: 'end every session, by a new key for tokens, and deploy it' },
  logs: {
    about: 'show the logs of all containers, merged by time; secrets are taken out',
    follow: 'go on as lines come, until Ctrl-C',
    json: 'one JSON object a line',
    services: 'only these',
    since: 'only lines since then, such as 10m or 2026-11-22T17:00:00Z',
    tail: 'at most so many of each container, or "all"',
  },
  rebuild: { about: 'replace every container; data and settings stay' },
  restore: {
    about: 'bring back what a backup holds, here or on an empty host, and deploy it',
    file: 'an archive of backup, or of deploy (.backups/)',
    list: 'show what it holds, and change nothing',
  },
  rollback: {
    about: 'return to the previous good deployment, with its configuration, secrets and images',
    list: 'show what can be gone back to, and change nothing',
  },
  status: {
    about: 'show containers, connections, tunnel, WebSockets, last errors and addresses',
    svg: 'draw the topology as it is now instead, the broken hop in red',
    watch: 'show it again each 2 seconds, until Ctrl-C',
  },
  up: {
    about: 'deploy, verify, and say where to log in',
    bundle: 'take images, packages and programs from a file of bundle, and nothing from a network',
    bundleKey: 'public key that it has to be signed with; without: the one of the first bundle here',
  },
  verify: {
    about: 'prove the whole chain: pages, tokens, WebSockets, topics, logs; exit code 0 when no check failed',
    passwordFile: 'file with the password, as with --url there is none on this machine',
    soak: 'hold a WebSocket through the tunnel this long, such as 90s',
    url: 'verify this address alone, from any machine',
    user: 'who logs in, instead of BTCW_ADMIN_USER',
  },
  /** What commander, which reads the command line, says by itself. */
  commander: {
    arguments: 'Arguments:',
    someCommand: '[command]',
    commands: 'Commands:',
    didYouMean: (name: string) => `(Did you mean ${name}?)`,
    didYouMeanOneOf: (names: string) => `(Did you mean one of ${names}?)`,
    globalOptions: 'Global Options:',
    invalidArgument: (value: string, argument: string, choices: string) =>
      `error: command-argument value '${value}' is invalid for argument '${argument}'. Allowed choices are ${choices}.`,
    missingArgument: (argument: string) => `error: missing required argument '${argument}'`,
    missingValue: (option: string) => `error: option '${option}' argument missing`,
    options: 'Options:',
    tooManyArguments: (command: string, expected: string, got: string) =>
      expected === '1'
        ? `error: too many arguments for '${command}'. Expected 1 argument but got ${got}.`
        : `error: too many arguments for '${command}'. Expected ${expected} arguments but got ${got}.`,
    unknownCommand: (name: string) => `error: unknown command '${name}'`,
    unknownOption: bootstrap.unknownOption,
    usage: 'Usage:',
    withDefault: (about: string, value: string) => `${about} (default: ${value})`,
    someOptions: '[options]',
  },
};
