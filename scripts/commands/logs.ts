import { setTimeout as sleep } from 'node:timers/promises';
import type { styleText } from 'node:util';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { root } from '../deployment/host.ts';
import { loadDeployment } from '../deployment/project.ts';
import { secretValues } from '../deployment/secrets.ts';
import { type ContainerState, projectContainers } from '../docker/containers.ts';
import { type LogSelection, streamLog } from '../docker/logs.ts';
import { printJson } from '../lib/json.ts';
import { byTime, isLater, type LogLine, logLine } from '../lib/log-lines.ts';
import { redactor } from '../lib/redact.ts';
import { paint, reportError } from '../lib/report.ts';
import { localTime } from '../lib/text.ts';

const { common, logs: said } = messages.commands;

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
/** How soon the log of a followed container is read again that has stopped or is being replaced. */
const RETURN_MS = 500;

type Container = Pick<ContainerState, 'name' | 'service'>;
type Selection = LogSelection & { readonly follow?: boolean };
type TakeLine = (line: LogLine) => void;

/** @throws {UserError} where the log cannot be read */
async function read({ name, service }: Container, selection: Selection, take: TakeLine): Promise<void> {
  await streamLog(name, selection, (text) => {
    const line = logLine(service, text);
    if (line) take(line);
  });
}

/** What Docker says of a container that is being replaced. */
const ABSENT = /No such container|dead or marked for removal/i;

/**
 * Reads on when the container is started again, or replaced by another of its name; until the program ends.
 * @param pauseMs before the log is read again. @default 500
 * @throws {UserError} where the log cannot be read twice in a row: one error may be the container's end
 */
export async function follow(
  container: Container,
  selection: Selection,
  take: TakeLine,
  pauseMs = RETURN_MS,
): Promise<never> {
  const began = new Date().toISOString();
  let latest = '';
  let failures = 0;
  for (let from = selection; ; from = { since: latest || began }) {
    // `--since` includes its own moment: the last line comes once more. What comes of one reading is new, whatever
    // the order of its two streams.
    const shown = latest;
    const takeNew = (line: LogLine) => {
      if (shown && !isLater(line.time, shown)) return;
      if (!latest || isLater(line.time, latest)) latest = line.time;
      take(line);
    };
    try {
      await read(container, { ...from, follow: true }, takeNew);
      failures = 0;
    } catch (error) {
      const isAbsent = error instanceof UserError && ABSENT.test(error.what);
      if (!isAbsent) failures += 1;
      if (failures > 1) throw error;
    }
    await sleep(pauseMs);
  }
}

/** Collects lines, and prints them in the order of their times. */
class MergedLines {
  private waiting: { line: LogLine; cameMs: number }[] = [];
  private readonly print: TakeLine;

  constructor(print: TakeLine) {
    this.print = print;
  }

  readonly take: TakeLine = (line) => {
    this.waiting.push({ line, cameMs: Date.now() });
  };

  /** Prints those that came until a moment. @default - all */
  flush(untilMs = Number.POSITIVE_INFINITY): void {
    const due = this.waiting.filter(({ cameMs }) => cameMs <= untilMs);
    this.waiting = this.waiting.filter(({ cameMs }) => cameMs > untilMs);
    for (const line of byTime(due.map(({ line }) => line))) this.print(line);
  }
}

/**
 * @param names of services or containers; none means all
 * @throws {UserError} where nothing is deployed, or there is no such service
 */
async function choose(project: string, names: readonly string[]) {
  const containers = await projectContainers(project);
  if (containers.length === 0) throw new UserError(common.nothingDeployed(project), 'npm run deploy');
  const isNamed = ({ service, name }: ContainerState) => names.includes(service) || names.includes(name);
  const unknown = names.filter(
    (given) => !containers.some(({ service, name }) => service === given || name === given),
  );
  if (unknown.length > 0) {
    const known = containers.map(({ service }) => service).join(', ');
    const listed = unknown.map((name) => `"${name}"`).join(said.or);
    throw new UserError(said.noContainer(project, listed), common.nameOneOf(known));
  }
  return { containers, chosen: names.length === 0 ? containers : containers.filter(isNamed) };
}

/**
 * Shows the logs of all containers, merged by time; or of some.
 * @param names of services, or of their containers
 */
export async function logs(names: readonly string[], options: LogsOptions): Promise<void> {
  if (!/^(\d+|all)$/.test(options.tail)) {
    throw new UserError(said.badTail(options.tail));
  }
  const deployment = loadDeployment();
  const { containers, chosen } = await choose(deployment.settings.BTCW_PROJECT, names);

  const redact = redactor(secretValues(deployment, root));
  const width = Math.max(...chosen.map(({ service }) => service.length));
  const print = (line: LogLine) => {
    const text = redact(line.text);
    if (options.json) {
      printJson({ ...line, text }, 0);
      return;
    }
    const index = containers.findIndex(({ service }) => service === line.service);
    const service = paint(COLOURS[index % COLOURS.length] ?? 'cyan', line.service.padEnd(width));
    console.log(`${paint('gray', localTime(line.time, { ms: true }))} ${service} ${text}`);
  };
  // `npm run logs | head` closes the pipe: that is no error.
  process.stdout.on('error', () => process.exit(0));
  process.on('SIGINT', () => process.exit(0)).on('SIGTERM', () => process.exit(0));

  const lines = new MergedLines(print);
  const timer = options.follow
    ? setInterval(() => lines.flush(Date.now() - REORDER_MS), REORDER_MS / 2)
    : undefined;
  const selection = { tail: options.tail, ...(options.since && { since: options.since }) };
  const readOne = options.follow ? follow : read;
  const readAll = chosen.map(async (container) => {
    try {
      await readOne(container, selection, lines.take);
    } catch (error) {
      // A log that cannot be read keeps nobody from reading the others.
      reportError(error);
      process.exitCode = 1;
    }
  });
  await Promise.all(readAll);
  clearInterval(timer);
  lines.flush();
}
