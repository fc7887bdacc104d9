import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { styleText } from 'node:util';
import { UserError } from '../../stacks/errors.ts';
import { loadSettings } from '../../stacks/settings.ts';
import { projectContainers } from '../lib/containers.ts';
import { byTime, isLater, type LogLine, logLine } from '../lib/log-lines.ts';
import { root } from '../lib/project.ts';
import { redactor, secretValues } from '../lib/redact.ts';
import { paint } from '../lib/report.ts';

export interface LogsOptions {
  readonly follow?: boolean;
  /** As Docker takes it. @example '10m', '2026-11-22T17:00:00Z' */
  readonly since?: string;
  /** Lines of each container, or `all`. */
  readonly tail: string;
  /** One JSON object a line. */
  readonly json?: boolean;
}

const COLOURS: readonly Parameters<typeof styleText>[0][] = [
  'cyan',
  'green',
  'yellow',
  'magenta',
  'blue',
  'white',
];
/** How long a followed line waits for an earlier one of another container. */
const REORDER_MS = 250;
/** How soon a followed container is looked for again that has stopped or is being replaced. */
const RETURN_MS = 500;

/** Reads a container's both streams line by line. */
async function read(
  name: string,
  component: string,
  flags: readonly string[],
  take: (line: LogLine) => void,
) {
  const child = spawn('docker', ['logs', '--timestamps', ...flags, name], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill();
  process.once('exit', kill);
  const failure: string[] = [];
  const lines = [child.stdout, child.stderr].map(async (stream) => {
    for await (const text of createInterface({ input: stream })) {
      const line = logLine(component, text);
      if (line) take(line);
      else failure.push(text);
    }
  });
  const [[code]] = await Promise.all([once(child, 'exit'), ...lines]);
  process.off('exit', kill);
  if (code !== 0 && failure.length > 0) {
    throw new UserError(`The log of ${name} cannot be read: ${failure.join('\n')}`);
  }
}

/** Reads on when the container is started again, or replaced by another of its name; until the program ends. */
async function follow(
  name: string,
  component: string,
  flags: readonly string[],
  take: (line: LogLine) => void,
) {
  const began = new Date().toISOString();
  let latest = '';
  const takeNew = (line: LogLine) => {
    // Docker takes --since to the line: what was shown comes once more.
    if (latest && !isLater(line.time, latest)) return;
    latest = line.time;
    take(line);
  };
  let from = flags;
  for (;;) {
    // It may be gone for the moment.
    await read(name, component, ['--follow', ...from], takeNew).catch(() => {});
    from = ['--since', latest || began];
    await sleep(RETURN_MS);
  }
}

/** Shows the logs of all containers, merged by time; or of one. */
export async function logs(component: string | undefined, options: LogsOptions): Promise<void> {
  if (!/^(\d+|all)$/.test(options.tail)) {
    throw new UserError(`--tail: should be a number of lines or "all", got "${options.tail}".`);
  }
  const settings = loadSettings();
  const project = settings.BTCW_PROJECT;
  const containers = await projectContainers(project);
  if (containers.length === 0) throw new UserError(`Nothing of "${project}" is deployed.`, 'npm run deploy');
  const chosen = component
    ? containers.filter((one) => one.component === component || one.name === component)
    : containers;
  if (chosen.length === 0) {
    const known = containers.map((one) => one.component).join(', ');
    throw new UserError(`There is no container "${component}" here.`, `one of ${known}`);
  }

  const redact = redactor(secretValues(settings, root));
  const width = Math.max(...chosen.map((one) => one.component.length));
  const print = (line: LogLine) => {
    const text = redact(line.text);
    if (options.json) {
      console.log(JSON.stringify({ ...line, text }));
      return;
    }
    const colour = COLOURS[containers.findIndex((one) => one.component === line.component) % COLOURS.length];
    const clock = paint('gray', line.time.slice(0, 23).replace('T', ' '));
    console.log(`${clock} ${paint(colour ?? 'cyan', line.component.padEnd(width))} ${text}`);
  };
  // `npm run logs | head` closes the pipe: that is no error.
  process.stdout.on('error', () => process.exit(0));
  process.on('SIGINT', () => process.exit(0)).on('SIGTERM', () => process.exit(0));

  let waiting: { line: LogLine; cameMs: number }[] = [];
  const flush = (untilMs: number) => {
    const due = waiting.filter(({ cameMs }) => cameMs <= untilMs);
    waiting = waiting.filter(({ cameMs }) => cameMs > untilMs);
    for (const line of byTime(due.map((one) => one.line))) print(line);
  };
  const timer = options.follow
    ? setInterval(() => flush(Date.now() - REORDER_MS), REORDER_MS / 2)
    : undefined;
  const flags = ['--tail', options.tail, ...(options.since ? ['--since', options.since] : [])];
  const take = (line: LogLine) => waiting.push({ line, cameMs: Date.now() });
  const readLog = options.follow ? follow : read;
  await Promise.all(chosen.map((one) => readLog(one.name, one.component, flags, take)));
  clearInterval(timer);
  flush(Number.POSITIVE_INFINITY);
}
