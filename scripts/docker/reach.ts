/** Whether addresses can be connected to from a network of containers, whatever those have inside. */
import { tryDocker } from './client.ts';

/** `unknown`: there is no such name; `silent`: nothing came within 3 s. */
export type Reach = 'open' | 'unknown' | 'refused' | 'silent' | 'unreachable';

const ANSWER_SEC = 3;

/** Prints a line for each pair of host and port, with its number; all are tried at once. */
const SCRIPT = `
try() {
  getent ahosts "$2" >/dev/null || { echo "$1 unknown"; return; }
  said=$(timeout ${ANSWER_SEC} bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3" 2>&1)
  code=$?
  case "$code $said" in
    0*) echo "$1 open" ;;
    124*) echo "$1 silent" ;;
    *refused*) echo "$1 refused" ;;
    *) echo "$1 unreachable" ;;
  esac
}
number=0
while [ $# -gt 0 ]; do
  try "$number" "$1" "$2" &
  number=$((number + 1))
  shift 2
done
wait`;

/** @param printed by the script. @param count of the addresses */
export function readReach(printed: string, count: number): Reach[] {
  const found = new Map(
    printed.split('\n').map((line) => {
      const [number = '', word] = line.split(' ');
      return [number, word as Reach] as const;
    }),
  );
  return Array.from({ length: count }, (_, index) => found.get(String(index)) ?? 'silent');
}

/**
 * Tries to connect, in a container that is gone afterwards.
 * @param image one that the engine has, with bash and getent
 * @param network as `docker run` takes it. @example 'container:btc-watcher-backend'
 * @returns in the order of the addresses; undefined where the container could not be run in time
 */
export async function reach(
  image: string,
  network: string,
  addresses: readonly { readonly host: string; readonly port: number }[],
  deadlineMs: number,
): Promise<Reach[] | undefined> {
  const bounds = [
    '--cap-drop',
    'ALL',
    '--read-only',
    '--memory',
    '64m',
    '--pids-limit',
    '128',
    '--user',
    '65534',
  ];
  const run = ['run', '--rm', '--pull', 'never', '--log-driver', 'none', '--network', network, ...bounds];
  const pairs = addresses.flatMap(({ host, port }) => [host, String(port)]);
  const { exitCode, stdout } = await tryDocker(
    [...run, '--entrypoint', 'bash', image, '-c', SCRIPT, 'reach', ...pairs],
    { timeout: deadlineMs },
  );
  return exitCode === 0 ? readReach(String(stdout), addresses.length) : undefined;
}
