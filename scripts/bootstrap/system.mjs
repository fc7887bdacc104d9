// The distribution of this host, as far as its commands are named to people. Plain JavaScript without dependencies.
import { existsSync, readFileSync } from 'node:fs';

/** What is missing may be one of these. @typedef {'docker' | 'go' | 'patch' | 'mmdebstrap' | 'newuidmap'} Program */

/**
 * Packages by program, and the command that installs them; mmdebstrap is known of Debian and its like alone.
 * @typedef {{ install: readonly string[], packages: Partial<Record<Program, string[]>> }} System
 * @type {Readonly<Record<'debian' | 'fedora' | 'arch' | 'alpine' | 'suse', System>>}
 */
const SYSTEMS = {
  debian: {
    install: ['apt-get', 'install', '-y', '--no-install-recommends'],
    packages: {
      docker: ['docker.io', 'iptables'],
      go: ['golang-go', 'ca-certificates'],
      patch: ['patch'],
      mmdebstrap: ['mmdebstrap', 'debian-archive-keyring'],
      // Without root, mmdebstrap works in a user namespace, whose users newuidmap sets up.
      newuidmap: ['uidmap'],
    },
  },
  fedora: {
    install: ['dnf', 'install', '-y'],
    packages: { docker: ['moby-engine', 'docker-cli'], go: ['golang'], patch: ['patch'] },
  },
  arch: {
    install: ['pacman', '-S', '--needed'],
    packages: { docker: ['docker'], go: ['go'], patch: ['patch'] },
  },
  alpine: {
    install: ['apk', 'add'],
    packages: { docker: ['docker'], go: ['go'], patch: ['patch'] },
  },
  suse: {
    install: ['zypper', 'install', '-y'],
    packages: { docker: ['docker'], go: ['go'], patch: ['patch'] },
  },
};

/** @typedef {keyof typeof SYSTEMS} Family */

/**
 * @param {string} osRelease what /etc/os-release holds @returns {Family | undefined} undefined for any other
 * @example familyOf('ID=ubuntu\nID_LIKE=debian') // 'debian'
 */
export function familyOf(osRelease) {
  const value = (/** @type {string} */ name) =>
    new RegExp(`^${name}=["']?([^"'\n]*)`, 'm').exec(osRelease)?.[1] ?? '';
  const id = value('ID');
  // Those have packages of other names, and Docker in a repository of its own.
  if (/^(rhel|centos|rocky|almalinux|ol|amzn)$/.test(id)) return undefined;
  for (const word of [id, ...value('ID_LIKE').split(' ')]) {
    const family = word.startsWith('opensuse') ? 'suse' : word;
    if (family in SYSTEMS) return /** @type {Family} */ (family);
  }
  return undefined;
}

/** @returns {Family | undefined} */
export function thisFamily() {
  const file = ['/etc/os-release', '/usr/lib/os-release'].find((path) => existsSync(path));
  return file ? familyOf(readFileSync(file, 'utf8')) : undefined;
}

/** @param {Family} family @param {Program} program @returns {string[]} none where it has no package */
export const packagesOf = (family, program) => SYSTEMS[family].packages[program] ?? [];

/**
 * The command that installs what is missing.
 * @param {Family} family @param {readonly string[]} packages
 * @example 'sudo dnf install -y moby-engine docker-cli'
 */
export const installCommand = (family, packages) =>
  ['sudo', ...SYSTEMS[family].install, ...new Set(packages)].join(' ');

/**
 * The command that starts Docker, now and at boot.
 * @param {(path: string) => boolean} [exists]
 */
export function startDocker(exists = existsSync) {
  if (exists('/run/systemd/system')) return 'sudo systemctl enable --now docker';
  if (exists('/run/openrc')) return 'sudo rc-update add docker default && sudo rc-service docker start';
  return 'sudo dockerd &';
}
