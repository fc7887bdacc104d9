/** What is seen from inside the reverse proxy's container, and the configuration that nginx prints there. */
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import type { Upstream } from '../../../stacks/topology/upstream.ts';
import { tryDocker } from '../../docker/client.ts';
import { oldWorkersOf } from '../../docker/old-workers.ts';
import type { DockerQuestions } from './docker.ts';
import { type NginxConf, readNginxConf } from './nginx-conf.ts';

/** An upstream asked at its address from inside the reverse proxy's container. */
export interface InsideFacts {
  /** 0 where there was no answer. */
  readonly status: number;
  readonly ms: number;
  /** curl's exit code: 0 an answer, 7 refused, 28 timed out. */
  readonly curl: number;
  /** Whether the connection opened: a firewall would have kept it from that. */
  readonly connected: boolean;
  /** How often it was asked. Where it gave no answer twice, this host was asked with it the second time. */
  readonly asked: number;
}

export interface NginxFacts {
  /** By service; undefined where curl could not be run. */
  readonly inside: Readonly<Record<string, InsideFacts | undefined>>;
  /** What nginx says where it refuses its configuration. */
  readonly nginxRefusal: string;
  readonly nginx: NginxConf | undefined;
  /** Workers that reloads have left to their open connections. */
  readonly oldWorkers: number | undefined;
}

/** For the whole script. */
const DEADLINES_MS = [4_000, 12_000] as const;
/** Of the script's deadline, what curl gets. */
const CURL_SHARE = 0.4;
/** Above curl's own exit codes are the shell's, for a program that it cannot run. */
const HIGHEST_CURL_CODE = 100;

/** Asks each upstream, given as its name and its URL, all at once; then has nginx print its configuration. */
const SCRIPT = `
seconds=$1; shift
ask() {
  answer=$(curl -s -m "$seconds" -o /dev/null -w '%{http_code} %{time_total} %{time_connect}' "$2"; echo " $?")
  echo "$1 $answer"
}
while [ "$#" -gt 1 ]; do ask "$1" "$2" & shift 2; done
wait
echo ---
nginx -T 2>&1
`;

/** @param output of the script's first part: name, status, seconds in all and to connect, exit code */
export const readInside = (output: string, asked = 1): Record<string, InsideFacts> =>
  Object.fromEntries(
    [...output.matchAll(/^(\S+) (\d+) ([\d.]+) ([\d.]+) (\d+)$/gm)]
      .map(([, service = '', status, seconds, connectSeconds, curl]) => {
        const connected = Number(connectSeconds) > 0;
        const ms = Number(seconds) * 1000;
        return [service, { status: Number(status), ms, curl: Number(curl), connected, asked }] as const;
      })
      .filter(([, { curl }]) => curl <= HIGHEST_CURL_CODE),
  );

/**
 * What nginx says where it refuses its configuration. Once it has read an error_log, it says so there, with a date
 * in front and no name.
 * @param output of `nginx -T`
 */
export function refusalOf(output: string): string {
  const reason = /\[emerg\] (?:\d+#\d+: )?(.*)$/m.exec(output)?.[1];
  return reason === undefined ? '' : `nginx: [emerg] ${reason}`;
}

/** Runs the script in the reverse proxy's container. */
async function runScript(topology: Topology, upstreams: readonly Upstream[], deadlineMs: number) {
  const { containerName } = serviceNamed(topology, topology.proxy);
  const questions = upstreams.flatMap(({ service, address, healthPath }) => [
    service,
    `http://${address}${healthPath}`,
  ]);
  const curlSec = ((CURL_SHARE * deadlineMs) / 1000).toFixed(1);
  const args = ['exec', containerName, 'sh', '-c', SCRIPT, 'sh', curlSec, ...questions];
  const { stdout, timedOut } = await tryDocker(args, { timeout: deadlineMs });
  const [answers = '', conf = ''] = String(stdout).split(/^---\n/m);
  return { answers, conf, timedOut };
}

export async function gatherNginx(topology: Topology, docker: DockerQuestions): Promise<NginxFacts> {
  const { containerName } = serviceNamed(topology, topology.proxy);
  const [{ answers, conf }, oldWorkers] = await Promise.all([
    docker.ask(
      `docker exec ${containerName}`,
      (deadlineMs) => runScript(topology, topology.upstreams, deadlineMs),
      DEADLINES_MS,
    ),
    oldWorkersOf(containerName),
  ]);
  return {
    inside: readInside(answers),
    nginxRefusal: refusalOf(conf),
    nginx: conf.includes('# configuration file')
      ? readNginxConf(conf.replace(/^nginx: .*$/gm, ''))
      : undefined,
    oldWorkers,
  };
}

/** Asks one upstream for the second time. @returns undefined where curl could not be run */
export async function insideAgain(topology: Topology, upstream: Upstream): Promise<InsideFacts | undefined> {
  const [, deadlineMs] = DEADLINES_MS;
  const { answers } = await runScript(topology, [upstream], deadlineMs);
  return readInside(answers, 2)[upstream.service];
}
