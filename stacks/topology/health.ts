/** Health checks, as Docker's `HEALTHCHECK` takes them. */

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

/** When the health checks of this package's own services are run. */
export function ownTiming(engineApi: string): HealthTiming {
  const timing = { timeoutSec: 5, startPeriodSec: 30, retries: 3 };
  return Number(engineApi) >= START_INTERVAL_API
    ? { ...timing, intervalSec: 10, startIntervalSec: 1 }
    : { ...timing, intervalSec: 2 };
}

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
