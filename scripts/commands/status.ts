import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { localUrl, publicUrl } from '../../stacks/topology/urls.ts';
import { root, routesOf } from '../deployment/host.ts';
import { loadDeployment } from '../deployment/project.ts';
import { secretValues } from '../deployment/secrets.ts';
import { COMPLETED, stateText } from '../docker/inspect.ts';
import { diagnose } from '../doctor/diagnose.ts';
import { gatherFacts } from '../doctor/facts/facts.ts';
import { Rounds } from '../doctor/facts/rounds.ts';
import { gatherFrpServer } from '../doctor/facts/tunnel.ts';
import { atEngineHost, type EngineHost } from '../engine-host/engine-host.ts';
import { shownUrls } from '../engine-host/place.ts';
import { callersPath } from '../lib/caller.ts';
import { ask } from '../lib/http.ts';
import { isoTime, printJson } from '../lib/json.ts';
import { during } from '../lib/live.ts';
import { redactor } from '../lib/redact.ts';
import { list, paint, table } from '../lib/report.ts';
import { localTime, MIB, span } from '../lib/text.ts';
import { type ContainerStatus, gatherStatus, type StatusFacts } from '../status/facts.ts';
import { type Picture, pictureOf } from '../status/picture.ts';
import { problemCount, renderPicture } from '../status/picture-svg.ts';
import type { Usages } from '../status/usage.ts';

const { common, status: said } = messages.commands;
const { live } = messages.deployment;

export interface StatusOptions {
  readonly json?: boolean;
  /** Show it again every two seconds, until Ctrl-C. */
  readonly watch?: boolean;
  /** File to draw the deployment into. */
  readonly svg?: string;
}

const WRITE_AT_ONCE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;
const WATCH_MS = 2_000;
/** How many of an application's numbers are shown. */
const STATISTICS = 6;
const CLEAR = '\x1b[H\x1b[2J';

const mib = (bytes: number | undefined): string =>
  bytes === undefined ? '-' : `${(bytes / MIB).toFixed(bytes < 10 * MIB ? 1 : 0)}`;

function state({ status, health }: ContainerStatus): string {
  if (health === COMPLETED) return paint('green', stateText(health));
  if (status !== 'running') return paint('red', stateText(status));
  if (health === 'none') return paint('green', stateText('running'));
  return paint(health === 'healthy' ? 'green' : health === 'starting' ? 'yellow' : 'red', stateText(health));
}

function containerRow(container: ContainerStatus, nowMs: number): string[] {
  const { name, startedAtMs, restarts, cpuPercent, memoryBytes, memoryLimitBytes } = container;
  const running = container.status === 'running';
  return [
    name,
    state(container),
    running ? span(nowMs - startedAtMs) : '-',
    restarts > 0 ? paint('yellow', String(restarts)) : '0',
    running && cpuPercent !== undefined ? `${cpuPercent.toFixed(1)} %` : '-',
    running && memoryBytes !== undefined ? said.memoryOf(mib(memoryBytes), mib(memoryLimitBytes)) : '-',
  ];
}

/** Of a process that was not the container's first, nothing else says so. */
const killedText = ({ name, oomKills = 0, memoryLimitBytes }: ContainerStatus): string =>
  said.killedAt(name, oomKills, mib(memoryLimitBytes));

function connectionText({ connections, nginxPorts, maxConnections, oldWorkers = 0 }: StatusFacts): string {
  if (connections === undefined) return said.nginxNotRunning;
  const text = said.established(connections, nginxPorts.join(', '), maxConnections);
  return oldWorkers > 0 ? said.withOldWorkers(text, oldWorkers) : text;
}

function tunnelText({ tunnel: { up, sinceMs, reason }, nowMs }: StatusFacts): string {
  const time = sinceMs === undefined ? undefined : span(nowMs - sinceMs);
  if (up) return paint('green', time === undefined ? said.up : said.upFor(time));
  return said.because(paint('red', time === undefined ? said.down : said.downFor(time)), reason);
}

/** The first numbers and words of an application's own statistics. */
function statisticsText(statistics: object): string {
  const values = Object.entries(statistics).filter(([, value]) =>
    ['number', 'string'].includes(typeof value),
  );
  return (
    values
      .slice(0, STATISTICS)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ') || said.noNumbers
  );
}

function webSocketText({ webSockets, statistics, profile }: StatusFacts): string {
  if (profile === 'generic') return said.noStatisticsPath;
  if (!webSockets) return statistics ? statisticsText(statistics) : said.noData;
  const { connections, messages_in, messages_out, dropped } = webSockets;
  const topics = Object.entries(webSockets.topics).map(([topic, count]) => `${topic} ${count}`);
  return said.webSocketsOpen(connections, topics.join(', '), messages_in, messages_out, dropped);
}

/** What a person reads. */
async function page(facts: StatusFacts): Promise<string> {
  const { nowMs, lastErrors } = facts;
  const rows: [string, string][] = [
    [said.connections, connectionText(facts)],
    [said.tunnel, tunnelText(facts)],
    [said.webSockets, webSocketText(facts)],
    [said.open, said.urls(...(await shownUrls(facts.local, facts.public)))],
  ];
  const containers = facts.containers.map((container) => containerRow(container, nowMs));
  const errors = lastErrors.map(({ service, time, text }) =>
    said.lastError(service, span(nowMs - Date.parse(time)), text.slice(0, 200)),
  );
  const killed = facts.containers.filter(({ oomKills = 0 }) => oomKills > 0).map(killedText);
  if (killed.length > 0) rows.push([said.killed, killed.join('\n')]);
  rows.push([said.lastErrors, errors.join('\n') || said.noErrors]);
  return [
    table([common.container, said.state, said.uptime, said.restarts, said.cpu, said.memory], containers),
    list(rows),
  ].join('\n');
}

/** What `--json` prints: moments are ISO 8601, spans of time are in ms. */
export const asJson = ({ nowMs, containers, tunnel, ...facts }: StatusFacts) => {
  const { sinceMs, ...tunnelFacts } = tunnel;
  return {
    now: isoTime(nowMs),
    ...facts,
    containers: containers.map(({ startedAtMs, ...container }) => ({
      ...container,
      startedAt: isoTime(startedAtMs),
    })),
    tunnel: { ...tunnelFacts, since: isoTime(sinceMs) },
  };
};

/** Draws the deployment as it is now. */
async function draw(file: string): Promise<void> {
  const picture = await atEngineHost(measured, { evenUnreached: true });
  try {
    // A pipe that nobody reads from would be waited for.
    const descriptor = openSync(callersPath(file), WRITE_AT_ONCE);
    writeFileSync(descriptor, renderPicture(picture));
    closeSync(descriptor);
  } catch (error) {
    throw new UserError(said.cannotWrite(file, (error as Error).message), said.cannotWriteFix);
  }
  const { length } = picture.problems;
  console.log(`${paint('green', '✓')} ${file}${length > 0 ? ` (${problemCount(length)})` : ''}`);
}

async function measured(host: EngineHost): Promise<Picture> {
  const gathered = await gatherFacts(root);
  const { topology } = gathered;
  // Measured once more, one after the other, and not the first request: while all facts are gathered the host is busy,
  // and its response times say nothing of the deployment.
  await ask(`${localUrl(topology)}/`);
  const facts = {
    ...gathered,
    local: await ask(`${localUrl(topology)}/`),
    remote: await ask(`${publicUrl(topology)}/`),
    frpServer: await gatherFrpServer(topology, new Rounds(), host),
  };
  return pictureOf(facts, diagnose(gathered));
}

/** Shows the state of the deployment. Exit code 0 whatever it shows: `doctor` is what judges. */
export async function status(options: StatusOptions): Promise<void> {
  if (options.svg) return draw(options.svg);
  return atEngineHost((host) => show(options, host), { evenUnreached: true });
}

async function show(options: StatusOptions, host: EngineHost): Promise<void> {
  const deployment = loadDeployment(await routesOf(host));
  const redact = redactor(secretValues(deployment, root));
  if (options.watch) process.on('SIGINT', () => process.exit(0));
  let usages: Usages | undefined;
  for (;;) {
    const gather = () => gatherStatus(deployment, redact, usages);
    // What is shown again and again stays until there is something newer.
    const isFirst = usages === undefined;
    const { facts, usages: latest } = await (isFirst ? during(live.asksWhatRuns, gather) : gather());
    usages = latest;
    if (options.json) printJson(asJson(facts), options.watch ? 0 : 2);
    else {
      if (options.watch && process.stdout.isTTY) process.stdout.write(CLEAR);
      if (options.watch) console.log(`${facts.project}, ${localTime(facts.nowMs)}`);
      console.log(await page(facts));
    }
    if (!options.watch) return;
    await sleep(WATCH_MS);
  }
}
