/** Runs the command of the command line. */
import { program } from './cli.ts';
import { commandLine } from './lib/program.ts';
import { reportError } from './lib/report.ts';

try {
  await program.parseAsync(commandLine(program, process.argv.slice(2)), { from: 'user' });
} catch (error) {
  reportError(error, program.opts().verbose);
  process.exitCode = 1;
}
