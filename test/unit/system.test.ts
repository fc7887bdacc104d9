/** What is said on each distribution: /etc/os-release as it has it. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkSystem } from '../../scripts/bootstrap/engine.mjs';
import type * as SystemModule from '../../scripts/bootstrap/system.mjs';
import { familyOf, installCommand, packagesOf, startDocker } from '../../scripts/bootstrap/system.mjs';

/** The lines of /etc/os-release that tell the distribution. */
const OS_RELEASE = {
  'Debian 13':
    'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n',
  'Ubuntu 24.04': 'NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n',
  'Linux Mint': 'NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n',
  'Fedora 42': 'NAME="Fedora Linux"\nVERSION_ID=42\nID=fedora\nPLATFORM_ID="platform:f42"\n',
  'Arch Linux': 'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n',
  Manjaro: 'NAME="Manjaro Linux"\nID=manjaro\nID_LIKE=arch\n',
  'Alpine 3.22': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.0\n',
  'openSUSE Leap 15.6': 'NAME="openSUSE Leap"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\n',
  'openSUSE Tumbleweed': 'NAME="openSUSE Tumbleweed"\nID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n',
  'Rocky Linux 9': 'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n',
  NixOS: 'NAME=NixOS\nID=nixos\nID_LIKE=""\n',
};

describe('the command that installs Docker and Go', () => {
  it.each([
    [
      'Debian 13',
      'sudo apt-get install -y --no-install-recommends docker.io iptables golang-go ca-certificates',
    ],
    [
      'Ubuntu 24.04',
      'sudo apt-get install -y --no-install-recommends docker.io iptables golang-go ca-certificates',
    ],
    [
      'Linux Mint',
      'sudo apt-get install -y --no-install-recommends docker.io iptables golang-go ca-certificates',
    ],
    ['Fedora 42', 'sudo dnf install -y moby-engine docker-cli golang'],
    ['Arch Linux', 'sudo pacman -S --needed docker go'],
    ['Manjaro', 'sudo pacman -S --needed docker go'],
    ['Alpine 3.22', 'sudo apk add docker go'],
    ['openSUSE Leap 15.6', 'sudo zypper install -y docker go'],
    ['openSUSE Tumbleweed', 'sudo zypper install -y docker go'],
  ] as const)('of %s is "%s"', (name, command) => {
    const family = familyOf(OS_RELEASE[name]);
    if (!family) throw new Error(`${name} is not known.`);
    expect(installCommand(family, [...packagesOf(family, 'docker'), ...packagesOf(family, 'go')])).toBe(
      command,
    );
  });

  it.each(['Rocky Linux 9', 'NixOS'] as const)('of %s is not known', (name) => {
    expect(familyOf(OS_RELEASE[name])).toBeUndefined();
  });

  it('starts Docker as the init system does', () => {
    const having = (path: string) => startDocker((one) => one === path);
    expect(having('/run/systemd/system')).toBe('sudo systemctl enable --now docker');
    expect(having('/run/openrc')).toBe('sudo rc-update add docker default && sudo rc-service docker start');
  });
});

it.each(['darwin', 'win32'] as const)('%s is refused before anything else is done', (platform) => {
  expect(() => checkSystem({ ...process, platform })).toThrow(/deploys on Linux.* not (darwin|win32)/);
  expect(() => checkSystem({ ...process, platform: 'linux', arch: 'arm64' })).not.toThrow();
});

describe('a system without apt-get', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'btcw-system-'));
    mkdirSync(join(folder, 'bin'));
    symlinkSync(existsSync('/usr/bin/sh') ? '/usr/bin/sh' : '/bin/sh', join(folder, 'bin/sh'));
    vi.stubEnv('PATH', join(folder, 'bin'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.doUnmock('../../scripts/bootstrap/system.mjs');
    vi.resetModules();
    rmSync(folder, { recursive: true });
  });

  const fixFor = async (name: keyof typeof OS_RELEASE, program: 'docker' | 'go' | 'mmdebstrap') => {
    vi.resetModules();
    vi.doMock('../../scripts/bootstrap/system.mjs', async (original) => ({
      ...(await original<typeof SystemModule>()),
      thisFamily: () => familyOf(OS_RELEASE[name]),
    }));
    const { installProgram } = await import('../../scripts/bootstrap/step.mjs');
    return installProgram(program, program, () => {}).catch((error: { fix?: string }) => error.fix);
  };

  it('is told the one command that installs all that is missing', async () => {
    expect(await fixFor('Fedora 42', 'docker')).toMatch(
      /^sudo dnf install -y moby-engine docker-cli golang patch && /,
    );
    expect(await fixFor('Alpine 3.22', 'go')).toBe('sudo apk add go patch');
    writeFileSync(join(folder, 'bin/patch'), '#!/bin/sh\n', { mode: 0o755 });
    expect(await fixFor('Arch Linux', 'go')).toBe('sudo pacman -S --needed go');
    expect(await fixFor('NixOS', 'docker')).toMatch(/^install Docker Engine as this distribution has it/);
  });

  it('may have no mmdebstrap, and builds on an image of a registry', async () => {
    expect(await fixFor('Arch Linux', 'mmdebstrap')).toContain('BTCW_BASE_IMAGE=debian:trixie-slim');
  });
});
