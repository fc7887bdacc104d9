/** What is between this host and its containers: Docker's bridge, the firewall, docker-proxy. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type BridgeFacts, bridgeFacts } from '../../deployment/host.ts';
import { inspectWithin } from '../../docker/inspect.ts';
import type { EngineHost } from '../../engine-host/engine-host.ts';
import { execa } from '../../lib/execa.ts';
import type { DockerQuestions } from './docker.ts';

const IPTABLES_DEADLINE_MS = 5_000;

/** Docker's default bridge. */
export async function gatherBridge(docker: DockerQuestions): Promise<BridgeFacts> {
  const ask = (deadlineMs: number) => inspectWithin(deadlineMs, 'network', ['bridge']);
  const { found } = await docker.ask('docker network inspect bridge', ask);
  return bridgeFacts(found[0]);
}

/** @returns undefined where no docker-proxy publishes that port */
export function gatherDockerProxyDescriptors(port: number): number | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (basename(words[0] ?? '') !== 'docker-proxy') continue;
      if (words[words.indexOf('-host-port') + 1] !== String(port)) continue;
      const limit = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'));
      if (limit) return Number(limit[1]);
    } catch {
      // It has ended, or is another user's.
    }
  }
  return undefined;
}

/** Rules and policies as `iptables -t <table> <rule>` takes them. @param saved what iptables-save prints */
export function readIptables(saved: string): string[] {
  let table = '';
  return saved.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1).trim();
    if (line.startsWith('-A ')) return [`-t ${table} ${line}`];
    const [, chain, policy] = /^:(\S+) (ACCEPT|DROP)\b/.exec(line) ?? [];
    return chain ? [`-t ${table} -P ${chain} ${policy}`] : [];
  });
}

/** Undefined where this user may not see them. */
export async function gatherFirewallRules(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { stdout } = await execa('iptables-save', [], { timeout: IPTABLES_DEADLINE_MS });
  return readIptables(stdout);
}

export const usesUfw = (): boolean =>
  existsSync('/etc/ufw/ufw.conf') && /^ENABLED=yes/m.test(readFileSync('/etc/ufw/ufw.conf', 'utf8'));

/** https://docs.kernel.org/networking/ip-sysctl.html */
export const readNonlocalBind = async (host: EngineHost): Promise<boolean> =>
  (await host.read('/proc/sys/net/ipv4/ip_nonlocal_bind')).trim() === '1';
