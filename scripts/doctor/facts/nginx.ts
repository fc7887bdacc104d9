/** What is seen from inside the reverse proxy's container, and the configuration that nginx prints there. */
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { tryDocker } from '../../docker/client.ts';
import { type NginxConf, readNginxConf } from './nginx-conf.ts';

/** An upstream asked at its address from inside the reverse proxy's container. */
export interface InsideFacts {
  /** 0 where there was no answer. */
  readonly status: number;
  readonly ms: number;
  /** curl's exit code: 0 an answer, 7 refused, 28 timed out. */
  readonly curl: number;
}

export interface NginxFacts {
  /** By service; undefined where curl could not be run. */
  readonly inside: Readonly<Record<string, InsideFacts | undefined>>;
  /** What nginx says where it refuses its configuration. */
  readonly nginxRefusal: string;
  readonly nginx: NginxConf | undefined;
}

const DEADLINE_MS = 4_000;
/** Above curl's own exit codes are the shell's, for a program that it cannot run. */
const HIGHEST_CURL_CODE = 100;

/** Asks each upstream, given as its name and its URL, all at once; then has nginx print its configuration. */
const SCRIPT = `
ask() { answer=$(curl -s -m 1.5 -o /dev/null -w '%{http_code} %{time_total}' "$2"; echo " $?"); echo "$1 $answer"; }
while [ "$#" -gt 1 ]; do ask "$1" "$2" & shift 2; done
wait
echo ---
nginx -T 2>&1
`;

/** @param output of the script's first part: name, status, seconds, exit code */
export const readInside = (output: string): Record<string, InsideFacts> =>
  Object.fromEntries(
    [...output.matchAll(/^(\S+) (\d+) ([\d.]+) (\d+)$/gm)]
      .map(([, service = '', status, seconds, curl]) => {
        return [service, { status: Number(status), ms: Number(seconds) * 1000, curl: Number(curl) }] as const;
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

export async function gatherNginx(topology: Topology): Promise<NginxFacts> {
  const { containerName } = serviceNamed(topology, topology.proxy);
  const questions = topology.upstreams.flatMap(({ service, address, healthPath }) => [
    service,
    `http://${address}${healthPath}`,
  ]);
  const args = ['exec', containerName, 'sh', '-c', SCRIPT, 'sh', ...questions];
  const { stdout } = await tryDocker(args, { timeout: DEADLINE_MS });
  const [answers = '', conf = ''] = String(stdout).split(/^---\n/m);
  return {
    inside: readInside(answers),
    nginxRefusal: refusalOf(conf),
    nginx: conf.includes('# configuration file')
      ? readNginxConf(conf.replace(/^nginx: .*$/gm, ''))
      : undefined,
  };
}
