/** Files that a container has written outside its volumes: they are gone with it. */
import { tryDocker } from './client.ts';
import type { ContainerInspection } from './inspect.ts';

const DEADLINE_MS = 20_000;

/** Where nothing is kept on purpose. */
const PASSING: readonly RegExp[] = [
  /^\/(tmp|run|proc|sys|dev)(\/|$)/,
  /^\/var\/(run|tmp|cache|log|lock|lib\/(apt|dpkg|nginx))(\/|$)/,
  // Docker's own small init.
  /^\/(usr\/)?sbin\/docker-init$/,
  /^\/etc\/(hosts|hostname|resolv\.conf|mtab|passwd-|ld\.so\.cache)$/,
  /\/(__pycache__|\.cache|\.npm|\.yarn|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.vite|\.next\/cache|node_modules)(\/|$)/,
  /\.(pyc|pyo|pid|sock|lock|swp)$/,
  /\/\.(bash_history|python_history|node_repl_history|ash_history|wget-hsts|dockerenv)$/,
];

/**
 * The files among what `docker diff` lists. Pure.
 * @param listed its lines. @example 'C /app\nA /app/upload.bin'
 * @param mounts paths that outlive the container, or are in memory
 */
export function writtenFiles(listed: string, mounts: readonly string[]): string[] {
  const paths = listed
    .split('\n')
    .flatMap((line) => /^[AC] (\/.+)$/.exec(line)?.[1] ?? [])
    .sort();
  const isUnder = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
  return paths.filter((path, index) => {
    // A folder is followed by what has changed in it.
    if (paths[index + 1]?.startsWith(`${path}/`)) return false;
    if (mounts.some((mount) => isUnder(path, mount) || isUnder(mount, path))) return false;
    return !PASSING.some((pattern) => pattern.test(path));
  });
}

/** @returns none for a container with a read-only root, or where Docker does not answer in time */
export async function writtenIn(container: ContainerInspection): Promise<string[]> {
  const { Id, HostConfig, Mounts } = container;
  if (HostConfig.ReadonlyRootfs) return [];
  const { exitCode, stdout } = await tryDocker(['diff', Id], { timeout: DEADLINE_MS });
  if (exitCode !== 0) return [];
  const mounts = [...Mounts.map(({ Destination }) => Destination), ...Object.keys(HostConfig.Tmpfs ?? {})];
  return writtenFiles(String(stdout), mounts);
}
