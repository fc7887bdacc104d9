/**
 * What doctor knows: each check is a pure function of the facts. One that can only fail because another has failed is
 * not looked at, so that a report names causes and not their consequences.
 */
import type { Settings } from '../../stacks/settings.ts';
import { componentsOf } from '../lib/components.ts';
import type { Check, Finding } from './checks/check.ts';
import { healthChecks, logReadable, logSize, type PortSetting, port, running } from './checks/containers.ts';
import { login, silent, token, upgrade } from './checks/conversation.ts';
import { clock, disk, diskSoon, engine, gateway, neighbours } from './checks/host.ts';
import {
  atGateway,
  connections,
  firewall,
  localPage,
  nginxBuffering,
  nginxTimeouts,
  nginxUpgrade,
  nginxUpstreams,
  nginxValid,
  proxyCeiling,
  viteHosts,
} from './checks/nginx.ts';
import {
  frpCertificate,
  frpName,
  frpProxyName,
  frpReachable,
  frpRemotePort,
  frpToken,
  publicPort,
  tunnelUp,
} from './checks/tunnel.ts';
import type { Facts } from './facts.ts';

/** All checks, each after those it depends on. */
function checksFor(of: Settings): readonly Check[] {
  const components = componentsOf(of);
  const settings: PortSetting[] = [
    'BTCW_FRONTEND_PORT',
    'BTCW_BACKEND_PORT',
    'BTCW_NGINX_PORT',
    ...(of.BTCW_FRP_SERVER_ADDR ? [] : (['BTCW_FRP_SERVER_PORT', 'BTCW_FRP_REMOTE_PORT'] as const)),
  ];
  return [
    engine,
    gateway,
    disk,
    diskSoon,
    ...settings.map(port),
    ...components.map(running),
    ...components.map(healthChecks),
    neighbours,
    ...components.map(logSize),
    ...components.map(logReadable),
    proxyCeiling,
    firewall('frontend'),
    firewall('backend'),
    atGateway('frontend'),
    atGateway('backend'),
    nginxValid,
    nginxUpgrade,
    nginxBuffering,
    nginxTimeouts,
    nginxUpstreams,
    connections,
    localPage,
    viteHosts,
    login,
    token,
    upgrade,
    silent,
    frpName,
    frpReachable,
    frpCertificate,
    frpToken,
    frpProxyName,
    frpRemotePort,
    tunnelUp,
    publicPort,
    clock,
  ];
}

/** Judges the facts. A check whose ground is gone is skipped, and names what it follows from. */
export function diagnose(facts: Facts): Finding[] {
  const findings = new Map<string, Finding>();
  /** What is at the root of a check that was not looked at. */
  const roots = new Map<string, string>();
  for (const { id, name, hop, after, level = 'failure', look } of checksFor(facts.settings)) {
    const base = { id, name, hop, fix: '' };
    const root = after
      .map((other) => (findings.get(other)?.level === 'failure' ? other : roots.get(other)))
      .find((other) => other !== undefined);
    if (root) {
      roots.set(id, root);
      const detail = `not looked at: follows from "${findings.get(root)?.name}"`;
      findings.set(id, { ...base, level: 'skipped', ok: true, detail });
      continue;
    }
    const verdict = look(facts);
    if (!verdict) findings.set(id, { ...base, level: 'skipped', ok: true, detail: 'could not be looked at' });
    else if ('ok' in verdict) findings.set(id, { ...base, level: 'ok', ok: true, detail: verdict.ok });
    else findings.set(id, { ...base, level, ok: false, detail: verdict.wrong, fix: verdict.fix });
  }
  return [...findings.values()];
}
