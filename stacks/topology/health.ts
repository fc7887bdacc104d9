/** Health checks, as Docker's `HEALTHCHECK` takes them. */
import type { HostFacts } from './host.ts';

type EngineFacts = Pick<HostFacts, 'engineApi' | 'healthApi'>;

/** A test that Docker runs inside the container: exit code 0 is healthy. @example ['CMD', 'nginx', '-t'] */
export type Health = readonly string[];

/** Switches off the check that an image has. */
export const NO_HEALTH: Health = ['NONE'];

/** Whether something is checked: one that is switched off never becomes healthy. */
export const isChecked = (health: Health | undefined): boolean =>
  health !== undefined && health[0] !== NO_HEALTH[0];

/** When Docker runs a health check, in seconds. */
export interface HealthTiming {
  readonly intervalSec: number;
  readonly timeoutSec: number;
  /** In which failures do not count. */
  readonly startPeriodSec: number;
  /** Between the checks of that time. @default - the interval */
  readonly startIntervalSec?: number;
  /** Failures in a row that make it unhealthy. */
  readonly retries: number;
}

/** The Engine API from which a health check can be frequent while starting and rare afterwards. */
const START_INTERVAL_API = 1.44;

/** Whether an engine checks more often while a container starts. */
export const hasStartInterval = (engineApi: string): boolean => Number(engineApi) >= START_INTERVAL_API;

/** When the health checks of this package's own services are run. */
export function ownTiming({ engineApi, healthApi = engineApi }: EngineFacts): HealthTiming {
  const timing = { timeoutSec: 5, startPeriodSec: 30, retries: 3 };
  return hasStartInterval(healthApi)
    ? { ...timing, intervalSec: 10, startIntervalSec: 1 }
    : { ...timing, intervalSec: 2 };
}

/** An API of each timing. */
const TIMED_APIS = ['1.43', '1.44'];

/**
 * The API whose own timing one of some health checks has.
 * @returns undefined where none has any
 */
export const apiTimedFor = (timings: readonly Omit<HealthTiming, 'startIntervalSec'>[]): string | undefined =>
  TIMED_APIS.find((engineApi) => {
    const { intervalSec, timeoutSec, startPeriodSec, retries } = ownTiming({ engineApi });
    return timings.some(
      (timing) =>
        timing.intervalSec === intervalSec &&
        timing.timeoutSec === timeoutSec &&
        timing.startPeriodSec === startPeriodSec &&
        timing.retries === retries,
    );
  });

/** Seconds a health check waits for an answer; below the health check's own timeout. */
const ANSWER_SEC = 3;

const urlOf = (port: number, path: string): string => `http://127.0.0.1:${port}${path}`;

/** A program that exits with 0 while the service is healthy. */
export const commandHealth = (...command: string[]): Health => ['CMD', ...command];

/** Asks a path of the container's own port with curl, which every image built here has. */
export const httpHealth = (port: number, path: string): Health =>
  commandHealth('curl', '-fsS', '-m', String(ANSWER_SEC), '-o', '/dev/null', urlOf(port, path));

/** Connects to a port of the container's network with bash, which every image built here has. */
export const tcpHealth = (port: number): Health =>
  commandHealth('bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`);

/** {@link httpHealth} for an image of the user's own, with the first of four programs that it has. */
export function anyHttpHealth(port: number, path: string): Health {
  const url = urlOf(port, path);
  const tools = [
    ['curl', `curl -fsS -m ${ANSWER_SEC} -o /dev/null ${url}`],
    ['wget', `wget -q -T ${ANSWER_SEC} -O /dev/null ${url}`],
    ['python3', `python3 -c "import urllib.request as r; r.urlopen('${url}', timeout=${ANSWER_SEC})"`],
    ['node', `node -e "fetch('${url}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"`],
  ] as const;
  const branches = tools.map(([tool, command], index) => {
    return `${index === 0 ? 'if' : 'elif'} command -v ${tool} >/dev/null; then ${command};`;
  });
  return [
    'CMD-SHELL',
    `${branches.join(' ')} else echo "no curl, wget, python3 or node to check health with"; exit 1; fi`,
  ];
}

const UNHEALTHY_SINCE = '/tmp/.unhealthy-since';

/** A check that a shell runs, so that there is one in the image. */
const hasShell = ([kind, program]: Health): boolean =>
  kind === 'CMD-SHELL' || (kind === 'CMD' && program === '/bin/sh');

/**
 * A check that also asks the program to end when it has failed for a time, so that Docker starts the container again:
 * Docker itself leaves an unhealthy one as it is. The time counts before the check is made, as one that hangs is killed.
 * @param afterSec more than a deployment waits
 * @returns undefined for an image that may have no shell
 */
export function restartingHealth(health: Health, afterSec: number): Health | undefined {
  if (!hasShell(health)) return undefined;
  const [kind, ...words] = health;
  const script = [
    'now=$(date +%s)',
    `[ -s ${UNHEALTHY_SINCE} ] || echo "$now" > ${UNHEALTHY_SINCE}`,
    `read -r since < ${UNHEALTHY_SINCE}`,
    `if [ $((now - since)) -ge ${afterSec} ]; then rm -f ${UNHEALTHY_SINCE}; kill -TERM 1`,
    `echo "failed for ${afterSec} s: Docker starts it again"; exit 1; fi`,
    `if "$@"; then rm -f ${UNHEALTHY_SINCE}; else exit 1; fi`,
  ].join('; ');
  const check = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : words;
  return ['CMD', '/bin/sh', '-c', script, 'sh', ...check];
}
