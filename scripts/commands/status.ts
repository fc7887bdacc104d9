import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../stacks/errors.ts';
import { loadSettings } from '../../stacks/settings.ts';
import { span } from '../doctor/checks/check.ts';
import { diagnose } from '../doctor/diagnose.ts';
import { gatherFacts, gatherFrpServer } from '../doctor/facts.ts';
import { ask } from '../lib/http.ts';
import { root } from '../lib/project.ts';
import { redactor, secretValues } from '../lib/redact.ts';
import { paint, table } from '../lib/report.ts';
import { localUrl, publicUrl } from '../lib/tunnel.ts';
import { type ContainerStatus, gatherStatus, type StatusFacts, type Usages } from '../status/facts.ts';
import { topology } from '../status/topology.ts';
import { renderTopology } from '../status/topology-svg.ts';

export interface StatusOptions {
  readonly json?: boolean;
  /** Show it again each two seconds, until Ctrl-C. */
  readonly watch?: boolean;
  /** File to draw the topology into. */
  readonly svg?: string;
}

const WATCH_MS = 2_000;
const MIB = 1024 ** 2;
const CLEAR = '\x1b[H\x1b[2J';

const mib = (bytes: number | undefined): string =>
  bytes === undefined ? '-' : `${(bytes / MIB).toFixed(bytes < 10 * MIB ? 1 : 0)}`;

function state(one: ContainerStatus): string {
  if (one.status !== 'running') return paint('red', one.status);
  if (one.health === 'none') return paint('green', 'running');
  return paint(one.health === 'healthy' ? 'green' : one.health === 'starting' ? 'yellow' : 'red', one.health);
}

function containerRow(one: ContainerStatus, nowMs: number): string[] {
  const running = one.status === 'running';
  return [
    one.name,
    state(one),
    running ? span(nowMs - one.startedAtMs) : '-',
    one.restarts > 0 ? paint('yellow', String(one.restarts)) : '0',
    running && one.cpuPercent !== undefined ? `${one.cpuPercent.toFixed(1)} %` : '-',
    running && one.memoryBytes !== undefined
      ? `${mib(one.memoryBytes)} of ${mib(one.memoryLimitBytes)} MiB`
      : '-',
  ];
}

/** What a person reads. */
function page(facts: StatusFacts): string {
  const { nowMs, tunnel, webSockets: sockets } = facts;
  const ago = (ms: number) => `${span(nowMs - ms)} ago`;
  const since = tunnel.sinceMs === undefined ? '' : ` for ${span(nowMs - tunnel.sinceMs)}`;
  const topics = Object.entries(sockets?.topics ?? {}).map(([topic, count]) => `${topic} ${count}`);
  const rows: [string, string][] = [
    [
      'Connections',
      facts.connections === undefined
        ? 'not known: nginx is not running'
        : `${facts.connections} established on ${facts.nginxPort} (at most ${facts.maxConnections})`,
    ],
    [
      'Tunnel',
      tunnel.up ? `${paint('green', 'up')}${since}` : `${paint('red', 'down')}${since}: ${tunnel.reason}`,
    ],
    [
      'WebSockets',
      sockets
        ? `${sockets.connections} open; ${topics.join(', ')}; ${sockets.messages_in} in, ${sockets.messages_out} out, ${sockets.dropped} dropped`
        : 'the backend does not tell',
    ],
    ['Open', `${facts.local}   through the tunnel: ${facts.public}`],
  ];
  const containers = facts.containers.map((one) => containerRow(one, nowMs));
  const errors = facts.lastErrors.map(
    (line) => `  ${line.component}, ${ago(Date.parse(line.time))}: ${line.text.slice(0, 200)}`,
  );
  return [
    table(['container', 'state', 'up', 'restarts', 'CPU', 'memory'], containers),
    ...rows.map(([name, text]) => `${name.padEnd(12)} ${text}`),
    ...(errors.length > 0 ? ['Last errors', ...errors] : ['Last errors  none']),
  ].join('\n');
}

/** Draws the topology as it is now. */
async function draw(file: string): Promise<void> {
  const settings = loadSettings();
  const gathered = await gatherFacts(settings, root);
  // Once more, one after the other, and not the first: times of a host that is busy with all the facts are no times.
  await ask(`${localUrl(settings)}/`);
  const facts = {
    ...gathered,
    local: await ask(`${localUrl(settings)}/`),
    remote: await ask(`${publicUrl(settings)}/`),
    frpServer: await gatherFrpServer(settings),
  };
  const picture = topology(facts, diagnose(gathered));
  try {
    writeFileSync(file, renderTopology(picture));
  } catch (error) {
    throw new UserError(
      `--svg: cannot write "${file}": ${(error as Error).message}`,
      'name a file in a folder that exists.',
    );
  }
  const broken = picture.problems.length;
  console.log(`${paint('green', '✓')} ${file}${broken > 0 ? ` (${broken} broken)` : ''}`);
}

/** Shows how the deployment is doing. Exit code 0 whatever it shows: `doctor` is what judges. */
export async function status(options: StatusOptions): Promise<void> {
  if (options.svg) return draw(options.svg);
  const settings = loadSettings();
  const redact = redactor(secretValues(settings, root));
  if (options.watch) process.on('SIGINT', () => process.exit(0));
  let usages: Usages | undefined;
  for (;;) {
    const { facts, usages: latest } = await gatherStatus(settings, redact, usages);
    usages = latest;
    if (options.json) console.log(JSON.stringify(facts, null, options.watch ? 0 : 2));
    else {
      if (options.watch && process.stdout.isTTY) process.stdout.write(CLEAR);
      if (options.watch) console.log(`${facts.project}, ${new Date(facts.nowMs).toLocaleTimeString()}`);
      console.log(page(facts));
    }
    if (!options.watch) return;
    await sleep(WATCH_MS);
  }
}
