/** The commands of this package and their options: what `./btcw` and the npm scripts start. */
import { Argument, Command, Option } from 'commander';
import { type Messages, messages } from '../messages/index.ts';
import { ARCHITECTURES } from './bootstrap/environment.mjs';
import { applyConfig } from './commands/apply-config.ts';
import { type BackupOptions, backup } from './commands/backup.ts';
import { bench } from './commands/bench.ts';
import { type BundleOptions, bundle } from './commands/bundle.ts';
import { type DeployOptions, deploy } from './commands/deploy.ts';
import { type DestroyOptions, destroy } from './commands/destroy.ts';
import { diff } from './commands/diff.ts';
import { type DoctorOptions, doctor } from './commands/doctor.ts';
import { planDestroy, planRebuild, planRollback } from './commands/dry-run.ts';
import { exec } from './commands/exec.ts';
import { imageReference, images, renewImages } from './commands/images.ts';
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
import { speakBy } from './lib/commander-texts.ts';
import { completionFor, SHELLS, type Shell } from './lib/completion.ts';
import { applyGlobalOptions, commandsOf } from './lib/program.ts';

/** What every command has that changes the deployment. */
interface Change {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly adopt?: boolean;
  readonly discard?: boolean;
}

/** The names of the services there are, for the help of a command that takes one. */
function serviceNames(): string[] {
  try {
    return loadDeployment().topology.services.map(({ name }) => name);
  } catch {
    // Help is shown whatever the settings are.
    return [];
  }
}

/** The commands, with their help in one language. */
export function programIn(said: Messages['cli']): Command {
  const { options: all, shared } = said;
  const program = new Command('btcw');
  speakBy(said.commander, program);
  program
    .description(said.description)
    .helpOption('-h, --help', all.help)
    .helpCommand('help [command]', all.help)
    .option('--verbose', all.verbose)
    .option('-q, --quiet', all.quiet)
    .option('--no-color', all.noColor)
    // scripts/run.mjs reads it: it may name the language.
    .option('--env-file <file>', all.envFile)
    .option('--project <name>', all.project)
    // scripts/run.mjs answers it, without any package.
    .option('-V, --version', all.version)
    .hook('preAction', (_, command) => applyGlobalOptions(program.opts(), command.opts()));

  const adopt = ['--adopt', shared.adopt] as const;
  const json = ['--json', shared.json] as const;
  const dryRun = ['--dry-run', shared.dryRun] as const;
  const discard = ['--discard', shared.discard] as const;
  const yes = ['--yes', shared.yes] as const;
  const services = () => {
    const names = serviceNames();
    return names.length > 0 ? `\n${shared.services(names.join(', '))}` : '';
  };

  program
    .command('up')
    .description(said.up.about)
    .option(...adopt)
    .option(...discard)
    .option(...dryRun)
    .option('--bundle <file>', said.up.bundle)
    // scripts/run.mjs reads it, before any package is installed.
    .option('--bundle-key <file>', said.up.bundleKey)
    .action(({ bundle: file, ...options }: Change & { bundle?: string }) =>
      options.dryRun ? diff({}) : up({ ...options, ...(file && { bundle: callersPath(file) }) }),
    );
  program
    .command('deploy')
    .description(said.deploy.about)
    .option(...json)
    .option(...dryRun)
    .option(...adopt)
    .option(...discard)
    .option('--no-backup', said.deploy.noBackup)
    .option('--rollback-on-failure', said.deploy.rollbackOnFailure)
    .option('--accept-frp-certificate', said.deploy.acceptFrpCertificate)
    .action((options: Change & DeployOptions) => (options.dryRun ? diff(options) : deploy(options)));
  program
    .command('rollback')
    .description(said.rollback.about)
    .option(...json)
    .option('--list', said.rollback.list)
    .option(...dryRun)
    .action((options: Change & { list?: boolean }) =>
      options.dryRun ? planRollback(options) : rollback(options),
    );
  program
    .command('diff')
    .description(said.diff.about)
    .option(...json)
    .action((options: { json: boolean }) => diff(options));
  program
    .command('destroy')
    .description(said.destroy.about)
    .option(...yes)
    .option('--volumes', said.destroy.volumes)
    .option(...dryRun)
    .option(...adopt)
    .action((options: DestroyOptions & Change) => (options.dryRun ? planDestroy(options) : destroy(options)));
  program
    .command('rebuild')
    .description(said.rebuild.about)
    .option(...json)
    .option(...discard)
    .option(...dryRun)
    .option(...adopt)
    .action((options: Change) =>
      options.dryRun ? planRebuild(options) : deploy({ ...options, replace: true }),
    );
  program
    .command('logout-all')
    .description(said.logoutAll.about)
    .option(...json)
    .action((options: { json?: boolean }) => logoutAll(options));
  program
    .command('backup')
    .description(said.backup.about)
    .argument('<file>', said.backup.file)
    .option(...json)
    .action((file: string, options: BackupOptions) => backup(callersPath(file), options));
  program
    .command('restore')
    .description(said.restore.about)
    .argument('<file>', said.restore.file)
    .option('--list', said.restore.list)
    .option(...yes)
    .option(...adopt)
    .option(...json)
    .action((file: string, options: RestoreOptions) => restore(callersPath(file), options));
  program
    .command('verify')
    .description(said.verify.about)
    .option(...json)
    .option('--soak <time>', said.verify.soak)
    .option('--url <address>', said.verify.url)
    .option('--user <name>', said.verify.user)
    .option('--password-file <file>', said.verify.passwordFile)
    .action(({ passwordFile, ...options }: VerifyOptions) =>
      verify({ ...options, ...(passwordFile && { passwordFile: callersPath(passwordFile) }) }),
    );
  program
    .command('doctor')
    .description(said.doctor.about)
    .option(...json)
    .option('--token <token>', said.doctor.token)
    .option('--token-file <file>', said.doctor.tokenFile)
    .addHelpText('after', `\n${said.doctor.more}`)
    .action(({ tokenFile, ...options }: DoctorOptions) =>
      doctor({
        ...options,
        ...(tokenFile !== undefined && { tokenFile: tokenFile === '-' ? tokenFile : callersPath(tokenFile) }),
        verbose: Boolean(program.opts().verbose),
      }),
    );
  program
    .command('status')
    .description(said.status.about)
    .option(...json)
    .option('--watch', said.status.watch)
    .option('--svg <file>', said.status.svg)
    .action((options: StatusOptions) => status(options));
  program
    .command('logs')
    .description(said.logs.about)
    .addArgument(new Argument('[services...]', said.logs.services))
    .addHelpText('after', services)
    .option('-f, --follow', said.logs.follow)
    .option('--since <time>', said.logs.since)
    .option('-n, --tail <lines>', said.logs.tail, '50')
    .option('--json', said.logs.json)
    .action((services: string[], options: LogsOptions) => logs(services, options));
  program
    .command('exec')
    .description(said.exec.about)
    .argument('<service>', said.exec.service)
    .argument('<command...>', said.exec.command)
    .addHelpText('after', services)
    .action((service: string, command: string[]) => exec(service, command));
  program
    .command('images')
    .description(said.images.about)
    .addArgument(new Argument('[image]', said.images.image))
    .addHelpText('after', services)
    .option('--reference', said.images.reference)
    .addOption(new Option('--fresh', said.images.fresh).conflicts('reference'))
    .action((name: string | undefined, { reference, fresh }: { reference?: boolean; fresh?: boolean }) => {
      if (fresh) return renewImages(name);
      if (reference && name) console.log(imageReference(name));
      else return images(name);
    });
  program
    .command('bundle')
    .description(said.bundle.about)
    .argument('<file>', said.bundle.file)
    .addOption(new Option('--arch <arch>', said.bundle.arch).choices(Object.values(ARCHITECTURES)))
    .option(...json)
    .action((file: string, options: BundleOptions) => bundle(callersPath(file), options));
  program
    .command('bench')
    .description(said.bench.about)
    .option(...json)
    .action((options: { json: boolean }) => bench(options));
  program
    .command('completion')
    .description(said.completion.about)
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', `\n${said.completion.more}`)
    .action((shell: Shell) => console.log(completionFor(shell, commandsOf(program))));
  program.command('apply-config', { hidden: true }).action(applyConfig);
  program.command('run-one-off', { hidden: true }).action(runOneOff);
  return program;
}

/** The commands, in the language of this run. */
export const program = programIn(messages.cli);
