/**
 * A program that does what the commands do, on no engine: the tests of the live view start it. It goes on with each line
 * that it gets, so that a test has time to look.
 */
import { execFileSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { step as bootstrapStep, numbered } from '../../scripts/bootstrap/step.mjs';
import { progress } from '../../scripts/deployment/report.ts';
import type { TerraformEvent } from '../../scripts/deployment/terraform.ts';
import { silenceText } from '../../scripts/lib/json.ts';
import { begin, during, step } from '../../scripts/lib/live.ts';
import { reportError } from '../../scripts/lib/report.ts';
import { UserError } from '../../stacks/errors.mjs';

const input = createInterface({ input: process.stdin, terminal: false });
const lines = input[Symbol.asyncIterator]();
const told = () => lines.next();

const [scenario = '', subject = 'web', ...widths] = process.argv.slice(2);
const address = (name: string) => `docker_container.${name}`;
const event = (type: string, name: string, action = 'create'): TerraformEvent => ({
  type,
  '@message': type === 'container_waits' ? 'no answer yet '.repeat(12) : '',
  hook: { resource: { addr: address(name) }, action },
});

/** As a user who draws at the edge of the window; `TestTerminal` follows. */
function resize(columns: string): void {
  writeSync(1, `\x1b_width=${columns}\x1b\\`);
  execFileSync('stty', ['cols', columns], { stdio: 'inherit' });
}

const SCENARIOS: Readonly<Record<string, () => Promise<void>>> = {
  async deployment() {
    const show = progress(new Map([subject, 'db', 'proxy'].map((name) => [address(name), name])));
    show({ type: 'change_summary', '@message': '', changes: { add: 3, change: 0, remove: 0 } });
    for (const name of [subject, 'db', 'proxy']) show(event('apply_start', name));
    show(event('container_waits', subject));
    await told();
    for (const width of widths) {
      resize(width);
      await told();
    }
    if (widths.length > 0) resize('30');
    show(event('apply_complete', 'db'));
    console.error('! a warning');
    process.stdout.write('two\nlines\n');
    await told();
    show(event('apply_complete', subject));
    show(event('apply_errored', 'proxy'));
    show({ type: 'apply_ended', '@message': '' });
    console.log('after');
  },
  async steps() {
    await step('first', async (note) => {
      note('\x1b[31mone\x1b[39m\n\ttwo\r\n');
      await told();
      return 'built';
    });
    await during('second', told);
    await step('third', async () => {
      await told();
      throw new UserError('It is full.', 'make room.');
    });
  },
  async many() {
    const tasks = Array.from({ length: 30 }, (_, index) => begin(`task ${index + 1}`));
    await told();
    for (const task of tasks) task.end();
    console.log('after');
  },
  /** As deploy, which ends terraform in order. */
  async interrupted() {
    process.on('SIGINT', () => console.error('Ending what was begun …'));
    await during(subject, told);
    throw new UserError('Interrupted.', 'again.');
  },
  async bootstrap() {
    await bootstrapStep(numbered('docker', subject), async (report) => {
      report('fetching '.repeat(20));
      await told();
      return { detail: 'installed' };
    });
    await bootstrapStep('last', async () => {
      await told();
      throw new UserError('It is full.', 'make room.');
    });
  },
  async quiet() {
    silenceText('nowhere');
    await step('first', async () => 'built');
    await step('second', async () => {
      throw new UserError('It is full.', 'make room.');
    });
  },
};

try {
  await SCENARIOS[scenario]?.();
} catch (error) {
  reportError(error);
  process.exitCode = 1;
}
input.close();
