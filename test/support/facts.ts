/** What doctor gathers of a healthy deployment; tests change what they break. */

import type { ContainerFacts, Facts } from '../../scripts/doctor/facts.ts';
import { readNginxConf } from '../../scripts/doctor/nginx-conf.ts';
import { COMPONENTS } from '../../scripts/lib/components.ts';
import type { HttpAnswer } from '../../scripts/lib/http.ts';
import { listeners } from '../../scripts/lib/preflight.ts';
import { renderNginxConf } from '../../stacks/render/nginx-conf.ts';
import { parseSettings } from '../../stacks/settings.ts';

export const NOW_MS = Date.parse('2026-11-22T12:00:00Z');
const HOUR_MS = 3_600_000;

export const answer = (status: number, error = ''): HttpAnswer => ({
  status,
  body: '',
  ms: 2,
  dateMs: status > 0 ? NOW_MS : undefined,
  error,
});
export const REFUSED = answer(0, 'ECONNREFUSED');

export const CONF = renderNginxConf({
  backend: '172.17.0.1:8000',
  frontend: '172.17.0.1:3000',
  maxConnections: 2500,
});

export const containerFacts = (component: string, changes: Partial<ContainerFacts> = {}): ContainerFacts => ({
  name: `btc-watcher-${component}`,
  status: 'running',
  health: 'healthy',
  pid: 100,
  exitCode: 0,
  outOfMemory: false,
  restarts: 0,
  startedAt: new Date(NOW_MS - HOUR_MS).toISOString(),
  startedAtMs: NOW_MS - HOUR_MS,
  healthIntervalMs: 2_000,
  lastHealthCheckMs: NOW_MS - 1_000,
  healthOutput: '',
  lastWords: '',
  address: '172.17.0.2',
  logBytes: 1000,
  logBoundBytes: 30 * 1024 ** 2,
  logPath: `/var/lib/docker/containers/${component}/${component}-json.log`,
  logReadable: true,
  ...changes,
});

export function healthyFacts(changes: Partial<Facts> = {}, environment: Record<string, string> = {}): Facts {
  const settings = parseSettings(environment, '');
  return {
    nowMs: NOW_MS,
    settings,
    passwordFile: 'secrets/btc-watcher/admin-password',
    engine: { problem: undefined, version: '28.3.3', rootDir: '/var/lib/docker', clockMs: NOW_MS },
    containers: Object.fromEntries(COMPONENTS.map((one) => [one, containerFacts(one)])),
    hostAddresses: ['127.0.0.1', '172.17.0.1'],
    bridgeGateway: '172.17.0.1',
    ports: listeners(settings).map((one) => ({
      ...one,
      holder: { program: 'docker-proxy', pid: 100 },
      container: undefined,
    })),
    proxyDescriptors: 20_000,
    firewallRules: [],
    ufw: false,
    disk: { freeBytes: 50 * 1024 ** 3, totalBytes: 100 * 1024 ** 3 },
    local: answer(200),
    remote: answer(200),
    foreignHost: answer(200),
    backend: answer(200),
    frontend: answer(200),
    backendAtGateway: answer(200),
    frontendAtGateway: answer(200),
    inside: { backend: { status: 200, ms: 1, curl: 0 }, frontend: { status: 200, ms: 1, curl: 0 } },
    nginxRefuses: '',
    nginx: readNginxConf(CONF),
    login: answer(200),
    token: { given: false, wellFormed: true, issuedMs: NOW_MS, expiresMs: NOW_MS + 24 * HOUR_MS },
    socket: {
      topics: ['monitoring', 'strategies', 'signals', 'capacity'],
      pongMs: 1,
      error: '',
      status: 101,
      greeting: { heartbeatSec: 10, clockMs: NOW_MS },
    },
    frpServer: { resolved: true, connectMs: 1, error: '' },
    tunnel: { up: true, reason: '', cause: undefined, line: '' },
    ...changes,
  };
}
