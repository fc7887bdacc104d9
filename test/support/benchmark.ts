/** The CIS Docker benchmark, as far as docs/security.md says that it is kept: what is against it. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { docker } from './deployment.ts';

/** Where a container is meant to differ: the guard, and those whose network is the host's. */
interface Meant {
  readonly user?: string;
  readonly capabilities?: readonly string[];
  readonly onHostNetwork?: boolean;
}

/**
 * Section 5, and of section 4 what a container shows.
 * @param container as `docker inspect` prints it
 * @returns the numbers of the lines that are not kept
 */
// biome-ignore lint/suspicious/noExplicitAny: of what Docker prints, tests read what they know
export function containerFindings(container: any, meant: Meant = {}): string[] {
  const { Config, HostConfig: host, Mounts: mounts, AppArmorProfile } = container;
  const isEmpty = (list: unknown[] | null | undefined) => (list ?? []).length === 0;
  const bindings = Object.values(host.PortBindings ?? {}).flat() as { HostIp: string }[];
  const kept: Record<string, boolean> = {
    '4.1 user': meant.user ? Config.User === meant.user : /^[1-9]\d*:/.test(Config.User),
    '4.6 and 5.26 health check': Config.Healthcheck?.Test.length > 1,
    '5.1 AppArmor': AppArmorProfile !== 'unconfined',
    '5.2, 5.21 and 5.25 security options': host.SecurityOpt.join() === 'no-new-privileges',
    '5.3 capabilities':
      host.CapDrop.join() === 'ALL' && (host.CapAdd ?? []).join() === (meant.capabilities ?? []).join(),
    '5.4 and 5.22 privileged': host.Privileged === false,
    '5.5, 5.17 and 5.31 of the host': isEmpty(host.Binds?.filter((bind: string) => bind.startsWith('/'))),
    '5.7 and 5.13 ports': bindings.every(({ HostIp }) => HostIp !== '' && HostIp !== '0.0.0.0'),
    '5.9 network': (host.NetworkMode === 'host') === (meant.onHostNetwork ?? false),
    '5.10 memory': host.Memory > 0 && host.MemorySwap === host.Memory,
    '5.11 CPU shares': [512, 1024].includes(host.CpuShares),
    '5.12 root': host.ReadonlyRootfs === true,
    '5.15 processes': host.PidMode === '',
    '5.16 IPC': host.IpcMode === 'private',
    '5.17 devices': isEmpty(host.Devices),
    '5.19 propagation': mounts.every(
      ({ Propagation }: { Propagation?: string }) => !/shared/.test(Propagation ?? ''),
    ),
    '5.20 UTS': host.UTSMode === '',
    '5.24 cgroup': host.CgroupParent === '',
    '5.28 processes': host.PidsLimit > 0,
    '5.30 users': host.UsernsMode === '',
  };
  return Object.entries(kept).flatMap(([line, isKept]) => (isKept ? [] : [line]));
}

/** Programs that install packages or log in, and that no image needs (4.3, 5.6). */
const NOT_NEEDED = /^(usr\/)?s?bin\/(apt|apt-get|dpkg|perl[\d.]*|su|mount|passwd|sshd|gcc|cc|python3?)$/;

/** What is against section 4 among the files of an image. @returns their paths */
export async function imageFindings(image: string): Promise<string[]> {
  const id = await docker('create', image, 'true');
  try {
    const findings: string[] = [];
    const archive = execa('docker', ['export', id], { buffer: false });
    const list = execa('tar', ['--list', '--verbose', '--file=-'], { buffer: false });
    archive.stdout.pipe(list.stdin);
    const lines = createInterface(list.stdout);
    let count = 0;
    lines.on('line', (line) => {
      count += 1;
      const [mode = '', , , , , path = ''] = line.split(/\s+/);
      // Setuid and setgid (4.8).
      if (/^-..s|^-.{5}s/i.test(mode) || NOT_NEEDED.test(path)) findings.push(`${mode} ${path}`);
    });
    await Promise.all([once(lines, 'close'), archive, list]);
    if (count < 100) throw new Error(`${image} has ${count} files.`);
    return findings;
  } finally {
    await docker('rm', '--force', id);
  }
}
