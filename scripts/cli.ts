/** The commands of this package and their options: what `./btcw` and the npm scripts start. */
import { Argument, Command } from 'commander';
import { applyConfig } from './commands/apply-config.ts';
import { type BackupOptions, backup } from './commands/backup.ts';
import { bench } from './commands/bench.ts';
import { deploy } from './commands/deploy.ts';
import { type DestroyOptions, destroy } from './commands/destroy.ts';
import { diff } from './commands/diff.ts';
import { type DoctorOptions, doctor } from './commands/doctor.ts';
import { planDestroy, planRebuild, planRollback } from './commands/dry-run.ts';
import { exec } from './commands/exec.ts';
import { imageReference, images } from './commands/images.ts';
import { logoutAll } from './commands/logout-all.ts';
import { type LogsOptions, logs } from './commands/logs.ts';
import { type RestoreOptions, restore } from './commands/restore.ts';
import { rollback } from './commands/rollback.ts';
import { runOneOff } from './commands/run-one-off.ts';
import { type StatusOptions, status } from './commands/status.ts';
import { up } from './commands/up.ts';
import { type VerifyOptions, verify } from './commands/verify.ts';
import { loadDeployment } from './deployment/project.ts';
import { callersPath } from './lib/caller.ts';
import { COMPLETION_HELP, completionFor, SHELLS, type Shell } from './lib/completion.ts';
import { applyGlobalOptions, commandsOf } from './lib/program.ts';

export const program = new Command('btcw')
  .configureHelp({ showGlobalOptions: true })
  .description('Deploys nginx, a backend, a frontend and an frp tunnel on one Docker host.')
  .option('--verbose', 'show stack traces')
  .option('-q, --quiet', 'print problems only')
  .option('--no-color', 'print no colours, as with NO_COLOR=1')
  .option('--env-file <file>', 'read the settings of this file instead of .env')
  .option('--project <name>', 'set BTCW_PROJECT for this run')
  // scripts/run.mjs answers it, without any package.
  .option('-V, --version', 'print the version')
  .hook('preAction', (_, command) => applyGlobalOptions(program.opts(), command.opts()));

/** The services there are, for the help of a command that takes one. */
function serviceList(): string {
  try {
    return `\nServices: ${loadDeployment()
      .topology.services.map(({ name }) => name)
      .join(', ')}`;
  } catch {
    // Help is shown whatever the settings are.
    return '';
  }
}

const adopt = ['--adopt', 'take over what another folder has deployed, with its secrets and data'] as const;
const json = ['--json', 'report as JSON'] as const;
const dryRun = [
  '--dry-run',
  'show what it would do, and change nothing; exit codes as those of diff',
] as const;
const discard = ['--discard', 'lose files that containers have written outside their volumes'] as const;
/** What every command has that changes the deployment. */
interface Change {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly adopt?: boolean;
  readonly discard?: boolean;
}

program
  .command('up')
  .description('deploy, verify, and say where to log in')
  .option(...adopt)
  .option(...discard)
  .option(...dryRun)
  .action((options: Change) => (options.dryRun ? diff({}) : up(options)));
program
  .command('deploy')
  .description('bring this host to the declared state; exit code 1: it does not work, 3: all but the tunnel')
  .option(...json)
  .option(...dryRun)
  .option(...adopt)
  .option(...discard)
  .option('--no-backup', 'replace the container of a database without a backup of it before')
  .option('--rollback-on-failure', 'go back to the last good deployment when this one fails')
  .action((options: Change & { rollbackOnFailure?: boolean; backup?: boolean }) =>
    options.dryRun ? diff(options) : deploy(options),
  );
program
  .command('rollback')
  .description('return to the previous good deployment, with its configuration, secrets and images')
  .option(...json)
  .option('--list', 'show what can be gone back to, and change nothing')
  .option(...dryRun)
  .action((options: Change & { list?: boolean }) =>
    options.dryRun ? planRollback(options) : rollback(options),
  );
program
  .command('diff')
  .description('show what deploy would change; exit code 0: nothing, 2: something, 1: error')
  .option(...json)
  .action((options: { json: boolean }) => diff(options));
program
  .command('destroy')
  .description('remove every container and network of the project; data stays')
  .option('--yes', 'do not ask')
  .option('--volumes', 'remove the volumes with the data, too')
  .option(...dryRun)
  .option(...adopt)
  .action((options: DestroyOptions & Change) => (options.dryRun ? planDestroy(options) : destroy(options)));
program
  .command('rebuild')
  .description('replace every container; data and settings stay')
  .option(...json)
  .option(...discard)
  .option(...dryRun)
  .option(...adopt)
  .action((options: Change) =>
    options.dryRun ? planRebuild(options) : deploy({ ...options, replace: true }),
  );
program
  .command('logout-all')
  .description('end every session, by a new key for tokens, and deploy it')
  .option(...json)
  .action((options: { json?: boolean }) => logoutAll(options));
program
  .command('backup')
  .description('put databases, volumes, secrets and settings into one archive, while everything serves')
  .argument('<file>', 'the archive, a new file')
  .option(...json)
  .action((file: string, options: BackupOptions) => backup(callersPath(file), options));
program
  .command('restore')
  .description('bring back what a backup holds, here or on an empty host, and deploy it')
  .argument('<file>', 'an archive of backup, or of deploy (.backups/)')
  .option('--list', 'show what it holds, and change nothing')
  .option('--yes', 'do not ask')
  .option(...adopt)
  .option(...json)
  .action((file: string, options: RestoreOptions) => restore(callersPath(file), options));
program
  .command('verify')
  .description(
    'prove the whole chain: pages, tokens, WebSockets, topics, logs; exit code 0 when no check failed',
  )
  .option(...json)
  .option('--soak <time>', 'hold a WebSocket through the tunnel this long, such as 90s')
  .option('--url <address>', 'verify this address alone, from any machine')
  .option('--user <name>', 'who logs in, instead of BTCW_ADMIN_USER')
  .option('--password-file <file>', 'file with the password, as with --url there is none on this machine')
  .action(({ passwordFile, ...options }: VerifyOptions) =>
    verify({ ...options, ...(passwordFile && { passwordFile: callersPath(passwordFile) }) }),
  );
program
  .command('doctor')
  .description('say what is wrong, why, and the command that fixes it; exit code 1 when something is')
  .option(...json)
  .option('--token <token>', 'check this WebSocket token instead of taking one')
  .option('--token-file <file>', 'the same from a file, or from standard input: -')
  .addHelpText('after', '\nWith --verbose, checks that passed are shown, too.')
  .action((options: DoctorOptions) => doctor({ ...options, verbose: Boolean(program.opts().verbose) }));
program
  .command('status')
  .description('show containers, connections, tunnel, WebSockets, last errors and addresses')
  .option(...json)
  .option('--watch', 'show it again each 2 seconds, until Ctrl-C')
  .option('--svg <file>', 'draw the topology as it is now instead, the broken hop in red')
  .action((options: StatusOptions) => status(options));
program
  .command('logs')
  .description('show the logs of all containers, merged by time; secrets are taken out')
  .addArgument(new Argument('[services...]', 'only these'))
  .addHelpText('after', () => serviceList())
  .option('-f, --follow', 'go on as lines come, until Ctrl-C')
  .option('--since <time>', 'only lines since then, such as 10m or 2026-11-22T17:00:00Z')
  .option('-n, --tail <lines>', 'at most so many of each container, or "all"', '50')
  .option('--json', 'one JSON object a line')
  .action((services: string[], options: LogsOptions) => logs(services, options));
program
  .command('exec')
  .description(
    'run a command in the container of a service, with its environment; exit code as of the command',
  )
  .argument('<service>', 'service, or its container')
  .argument('<command...>', 'with its arguments')
  .addHelpText('after', () => serviceList())
  .action((service: string, command: string[]) => exec(service, command));
program
  .command('images')
  .description('build the images that are missing')
  .addArgument(new Argument('[image]', 'only that of this service, or "base"'))
  .addHelpText('after', () => serviceList())
  .option('--reference', 'print its name, and build nothing')
  .action((name: string | undefined, { reference }: { reference?: boolean }) => {
    if (reference && name) console.log(imageReference(name));
    else return images(name);
  });
program
  .command('bench')
  .description('measure, on a deployment of its own: times, and ratios to plain cdktf in the same run')
  .option(...json)
  .action((options: { json: boolean }) => bench(options));
program
  .command('completion')
  .description('print what completes commands and options in a shell')
  .addArgument(new Argument('<shell>').choices(SHELLS))
  .addHelpText('after', COMPLETION_HELP)
  .action((shell: Shell) => console.log(completionFor(shell, commandsOf(program))));
program.command('apply-config', { hidden: true }).action(applyConfig);
program.command('run-one-off', { hidden: true }).action(runOneOff);
