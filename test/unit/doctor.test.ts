import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { givenToken } from '../../scripts/commands/doctor.ts';
import type { ChangedSetting } from '../../scripts/deployment/releases.ts';
import { upstreamFor } from '../../scripts/deployment/routes.ts';
import type { TunnelCause } from '../../scripts/deployment/tunnel.ts';
import type { Check, Dependency, Finding } from '../../scripts/doctor/checks/check.ts';
import { checksFor, diagnose, idOf, runChecks } from '../../scripts/doctor/diagnose.ts';
import { logLimit } from '../../scripts/doctor/facts/containers.ts';
import { engineProblem, engineTimeout } from '../../scripts/doctor/facts/engine.ts';
import { fact } from '../../scripts/doctor/facts/fact.ts';
import type { ContainerFacts, Facts } from '../../scripts/doctor/facts/facts.ts';
import { readToken } from '../../scripts/doctor/facts/login.ts';
import { type InsideFacts, readInside, refusalOf } from '../../scripts/doctor/facts/nginx.ts';
import { readNginxConf, seconds } from '../../scripts/doctor/facts/nginx-conf.ts';
import { limitIn } from '../../scripts/doctor/facts/pages.ts';
import { Rounds } from '../../scripts/doctor/facts/rounds.ts';
import { linesSince } from '../../scripts/doctor/facts/tunnel.ts';
import { askUpstreamsAgain } from '../../scripts/doctor/facts/upstreams.ts';
import { REFERENCE_PROFILE } from '../../scripts/lib/app-profile.ts';
import { span } from '../../scripts/lib/text.ts';
import { portName, type ServiceDefinition } from '../../stacks/topology/service.ts';
import type { Topology } from '../../stacks/topology/topology.ts';
import {
  answer,
  CONF,
  containerFacts,
  healthyFacts,
  NOW_MS,
  REFUSED,
  TIMED_OUT,
  topologyWith,
} from '../support/facts.ts';

type Environment = Record<string, string>;
const EXTERNAL = { BTCW_FRP_SERVER_ADDR: 'frp.example.org' };
const CA = { BTCW_FRP_TLS_CA_FILE: '/my/ca.pem' };
const HOUR_MS = 3_600_000;

const withContainer = (service: string, changes: Partial<ContainerFacts>): Partial<Facts> => ({
  containers: { ...healthyFacts().containers, [service]: containerFacts(service, changes) },
});
const without = (service: string): Partial<Facts> => {
  const { [service]: _gone, ...containers } = healthyFacts().containers ?? {};
  return { containers };
};
/** What nginx's container gets from an upstream, asked twice where that is no answer. */
const inside = (
  service: string,
  status: number,
  curl: number,
  changes: Partial<InsideFacts> = {},
): Partial<Facts> => {
  const answer = { status, ms: 4_800, curl, connected: status > 0, asked: curl === 0 ? 1 : 2, ...changes };
  return { inside: { ...healthyFacts().inside, [service]: answer } };
};
/** Settings that are not deployed yet. */
const undeployed = (...changed: ChangedSetting[]): Partial<Facts> => ({
  release: { changed, services: topologyWith().services.map(({ name }) => name) },
});
const conf = (from: string | RegExp, to: string): Partial<Facts> => ({
  nginx: readNginxConf(CONF.replaceAll(from, to)),
});
const tunnelDown = (cause: TunnelCause): Partial<Facts> => ({
  tunnel: { up: false, reason: 'the reason', cause, line: '' },
});
/** A server whose certificate is refused. */
const certificate = (problem: string, names: readonly string[]): Partial<Facts> => ({
  ...tunnelDown('hung-up'),
  trust: { certificate: { problem, names, fingerprint: 'CD', anonymous: false } },
});
/** A server whose certificate is checked by the pinned one, or would be. */
const shows = (problem: string, pinned?: { isDeployed: boolean }, anonymous = false): Partial<Facts> => ({
  trust: {
    certificate: { problem, names: anonymous ? [] : ['frp.example.org'], fingerprint: 'CD', anonymous },
    ...(pinned && { pin: { text: 'AB', ...pinned } }),
  },
});
/** As nginx logs them. */
const CLIENT_LIMIT = ['all', 'client']
  .map(
    (zone) => `2026/11/28 22:00:00 [warn] 9#9: *7 limiting connections by zone "${zone}", client: 192.0.2.7`,
  )
  .join('\n');
/** What past BTCW_MAX_CONNECTIONS everyone gets. */
const FULL = {
  local: answer(503),
  foreignHost: answer(503),
  remote: answer(503),
  socket: { topics: [], pongMs: undefined, error: 'status 503', status: 503 },
};
const ports = (name: string, holder: { program: string; pid: number }, container?: string) => ({
  ports: healthyFacts().ports.map((port) =>
    port.name === name ? { ...port, holder: { ...holder, ancestors: [1] }, container } : port,
  ),
});

type Case = [
  what: string,
  id: string,
  facts: Partial<Facts>,
  detail: RegExp,
  fix: RegExp,
  environment?: Environment,
];

const FAILURES: Case[] = [
  [
    'Docker is away',
    'docker',
    {
      engine: {
        problem: { what: 'It is away.', fix: 'npm run up' },
        version: '',
        rootDir: '',
        skewMs: undefined,
      },
      containers: undefined,
    },
    /away/,
    /npm run up/,
  ],
  [
    'Docker leaves a command without an answer',
    'docker-commands',
    { unanswered: ['docker exec btc-watcher-nginx', 'docker logs btc-watcher-frpc'] },
    /Docker did not answer, asked twice: docker exec btc-watcher-nginx, docker logs btc-watcher-frpc/,
    /^top /,
  ],
  [
    'nothing is deployed',
    'deployed',
    { containers: {}, release: undefined, local: REFUSED, remote: REFUSED },
    /^nothing of btc-watcher is deployed on this engine$/,
    /^npm run deploy$/,
  ],
  [
    'the gateway is no address here',
    'gateway',
    { hostAddresses: ['127.0.0.1'], bridgeGateway: '172.18.0.1' },
    /no interface has 172\.17\.0\.1/,
    /BTCW_GATEWAY=172\.18\.0\.1/,
  ],
  [
    "Docker's bridge has lost its address",
    'gateway',
    { hostAddresses: ['127.0.0.1'] },
    /no interface has 172\.17\.0\.1; Docker's bridge has 172\.17\.0\.1/,
    /systemctl restart docker/,
  ],
  ['the disk is full', 'disk', { disk: { freeBytes: 1e9, totalBytes: 1e11 } }, /0\.9 GiB of/, /prune/],
  [
    'the state is broken',
    'state',
    { state: { file: 'terraform.btc-watcher.tfstate', kind: 'broken', problem: 'is empty' } },
    /terraform\.btc-watcher\.tfstate is empty/,
    /^npm run deploy$/,
  ],
  [
    'the state is missing',
    'state',
    { state: { file: 'terraform.btc-watcher.tfstate', kind: 'missing', problem: '' } },
    /tfstate is missing, though containers of the project exist/,
    /^npm run deploy$/,
  ],
  [
    'a container is missing',
    'container-backend',
    without('backend'),
    /there is no container btc-watcher-backend/,
    /npm run deploy/,
  ],
  [
    'one is stopped',
    'container-nginx',
    withContainer('nginx', { status: 'exited', exitCode: 137, lastLogLine: 'bye' }),
    /has exited \(code 137\); last log line: bye/,
    /docker start btc-watcher-nginx/,
  ],
  [
    'one was not started, as its address was not there when the host was',
    'container-nginx',
    withContainer('nginx', {
      ...{ status: 'exited', exitCode: 128, lastLogLine: 'GET / 200' },
      startError: 'listen tcp4 192.168.77.10:8501: bind: cannot assign requested address',
    }),
    /could not start btc-watcher-nginx: listen tcp4 192\.168\.77\.10:8501: .*requested address$/,
    /^docker start btc-watcher-nginx$/,
  ],
  [
    'one ran out of memory',
    'container-backend',
    withContainer('backend', { status: 'exited', outOfMemory: true }),
    /out of memory/,
    /docker start/,
  ],
  [
    'one is paused',
    'container-frontend',
    withContainer('frontend', { status: 'paused' }),
    /is paused/,
    /docker unpause/,
  ],
  [
    'one is in a restart loop',
    'container-frps',
    withContainer('frps', { status: 'restarting', exitCode: 1, restarts: 5 }),
    /is in a restart loop \(exit code 1, 5 restarts\)/,
    /^npm run deploy$/,
  ],
  [
    'one runs for a moment between two restarts',
    'container-frpc',
    withContainer('frpc', { restarts: 9, startedAtMs: NOW_MS - 4_000 }),
    /is in a restart loop \(9 restarts\)/,
    /^npm run deploy$/,
  ],
  [
    'one is in a restart loop for want of memory',
    'container-backend',
    withContainer('backend', { status: 'restarting', exitCode: 137, restarts: 5, outOfMemory: true }),
    /is in a restart loop \(exit code 137, 5 restarts, out of memory\)/,
    /^npm run deploy$/,
  ],
  [
    'one is unhealthy',
    'container-backend',
    withContainer('backend', { health: 'unhealthy', healthOutput: 'curl: (22)' }),
    /is running, but unhealthy: curl: \(22\)/,
    /docker restart/,
  ],
  [
    'its health is no longer checked',
    'health-checks-nginx',
    withContainer('nginx', { lastHealthCheckMs: NOW_MS - 600_000 }),
    /was 10 min ago, its interval is 2 s/,
    /docker restart btc-watcher-nginx/,
  ],
  [
    'a full disk has truncated a line of its log',
    'log-readable-frpc',
    withContainer('frpc', { logReadable: false }),
    /everything after it is hidden/,
    /^sudo sh -c 'truncate --size 0 \/var\/lib\/docker\/containers\/frpc\/frpc-json\.log\*' && docker restart btc-watcher-frpc$/,
  ],
  [
    'docker-proxy has few descriptors',
    'docker-proxy',
    { dockerProxyDescriptors: 1024 },
    /need 15000 file descriptors, docker-proxy has 1024/,
    /BTCW_MAX_CONNECTIONS=153/,
  ],
  [
    'a rule of the firewall drops the requests',
    'firewall-backend',
    {
      ...inside('backend', 0, 28),
      firewallRules: ['-t raw -A PREROUTING -i docker0 -p tcp -m tcp --dport 8000 -j DROP'],
    },
    /a firewall blocks them: -t raw/,
    /^sudo iptables -t raw -D PREROUTING -i docker0 .*--dport 8000 -j DROP$/,
  ],
  [
    'a rule for all ports drops them',
    'firewall-backend',
    { ...inside('backend', 0, 28), firewallRules: ['-t filter -P INPUT DROP'] },
    /containers do not reach it at 172\.17\.0\.1:8000: a firewall blocks them$/,
    /^sudo iptables -I INPUT -i docker0 -d 172\.17\.0\.1 -p tcp --dport 8000 -j ACCEPT$/,
  ],
  [
    'a rule that also keeps neighbours out drops them, which may not be deleted',
    'firewall-backend',
    {
      ...inside('backend', 0, 28),
      firewallRules: ['-t raw -A PREROUTING -d 172.17.0.0/16 -p tcp -m tcp --dport 8000 -j DROP'],
    },
    /a firewall blocks them: -t raw -A PREROUTING -d 172\.17\.0\.0\/16/,
    /^sudo iptables -t raw -I PREROUTING -i docker0 -d 172\.17\.0\.1 -p tcp --dport 8000 -j ACCEPT$/,
  ],
  [
    'something drops them that iptables does not show',
    'firewall-backend',
    { ...inside('backend', 0, 28), firewallRules: ['-t filter -P INPUT ACCEPT'] },
    /a firewall blocks them$/,
    /^docker exec btc-watcher-guard nft list ruleset \| grep -nE 'drop\|reject'$/,
  ],
  [
    'something drops them, and this user may not see the rules',
    'firewall-backend',
    { ...inside('backend', 0, 28), firewallRules: undefined },
    /a firewall blocks them$/,
    /^sudo iptables-save \| grep -nE /,
  ],
  [
    'something refuses them',
    'firewall-backend',
    {
      ...inside('backend', 0, 7),
      firewallRules: ['-t filter -A INPUT -i docker0 -p tcp -m tcp --dport 8000 -j REJECT'],
    },
    /a firewall blocks them: -t filter/,
    /^sudo iptables -t filter -D INPUT .*--dport 8000 -j REJECT$/,
  ],
  [
    'a rule of ufw drops them',
    'firewall-backend',
    {
      ...inside('backend', 0, 28),
      ufw: true,
      firewallRules: [
        '-t filter -A INPUT -j ufw-user-input',
        '-t filter -A ufw-user-input -p tcp -m tcp --dport 8000 -j DROP',
      ],
    },
    /a firewall blocks them: -t filter -A ufw-user-input/,
    /^sudo ufw insert 1 allow in on docker0 to 172\.17\.0\.1 port 8000 proto tcp$/,
  ],
  [
    'the backend takes connections, and does not answer',
    'backend-at-gateway',
    inside('backend', 0, 28, { connected: true }),
    /172\.17\.0\.1:8000 \(no answer within 5 s\): browsers wait, and get 504/,
    /^docker logs --tail 20 btc-watcher-backend$/,
  ],
  [
    'the backend does not answer this host either',
    'backend-at-gateway',
    {
      ...inside('backend', 0, 28),
      atBridge: { backend: TIMED_OUT },
      direct: { backend: TIMED_OUT },
    },
    /\(timed out\)/,
    /^docker logs --tail 20 btc-watcher-backend$/,
  ],
  [
    'ufw drops them',
    'firewall-frontend',
    { ...inside('frontend', 0, 28), ufw: true },
    /firewall/,
    /ufw allow in on docker0 to 172\.17\.0\.1 port 3000/,
  ],
  [
    'the backend is not at the gateway',
    'backend-at-gateway',
    {
      ...inside('backend', 0, 7),
      atBridge: { ...healthyFacts().atBridge, backend: REFUSED },
    },
    /is published at 127\.0\.0\.1:8000, but not at 172\.17\.0\.1:8000/,
    /npm run deploy/,
  ],
  [
    'the backend answers nobody',
    'backend-at-gateway',
    {
      ...inside('backend', 0, 28),
      atBridge: { ...healthyFacts().atBridge, backend: REFUSED },
      direct: { ...healthyFacts().direct, backend: REFUSED },
    },
    /172\.17\.0\.1:8000 \(timed out\): browsers get 502/,
    /docker restart btc-watcher-backend/,
  ],
  [
    'the backend answers 500',
    'backend-at-gateway',
    inside('backend', 500, 0),
    /172\.17\.0\.1:8000\/health answers with status 500/,
    /docker restart/,
  ],
  [
    'nginx refuses its configuration',
    'nginx-config',
    { nginx: undefined, nginxRefusal: 'nginx: [emerg] no' },
    /\[emerg\] no/,
    /^npm run deploy$/,
  ],
  [
    'HTTP/1.1 is gone',
    'nginx-upgrade',
    conf('proxy_http_version 1.1;', ''),
    /proxy_http_version is 1\.0/,
    /^npm run deploy$/,
  ],
  [
    'the Upgrade header is gone',
    'nginx-upgrade',
    conf('proxy_set_header Upgrade $websocket_upgrade;', ''),
    /Upgrade header/,
    /^npm run deploy$/,
  ],
  [
    'Connection is "upgrade" for all',
    'nginx-upgrade',
    conf('Connection $connection_upgrade', 'Connection "upgrade"'),
    /"upgrade" for every request/,
    /^npm run deploy$/,
  ],
  [
    'the map is gone',
    'nginx-upgrade',
    conf(/map \$http_upgrade[^}]*}/g, ''),
    /from a map/,
    /^npm run deploy$/,
  ],
  [
    'nginx buffers',
    'nginx-buffering',
    conf('proxy_buffering off;', ''),
    /buffering is on/,
    /^npm run deploy$/,
  ],
  [
    'a timeout is below the heartbeat',
    'nginx-timeouts',
    conf('proxy_read_timeout 3600s', 'proxy_read_timeout 5s'),
    /proxy_read_timeout is 5 s, the heartbeat interval is 10 s/,
    /^npm run deploy$/,
  ],
  [
    'nginx connects elsewhere',
    'nginx-upstreams',
    conf('server 172.17.0.1:8000', 'server host.docker.internal:8000'),
    /location \/api connects to host\.docker\.internal:8000/,
    /^npm run deploy$/,
  ],
  [
    'the published port is dead',
    'local-page',
    { local: REFUSED },
    /its published port is dead/,
    /docker restart btc-watcher-nginx/,
  ],
  [
    'the page does not answer',
    'local-page',
    { local: TIMED_OUT },
    /^http:\/\/127\.0\.0\.1:8501 fails \(no answer within 10 s\)$/,
    /^docker logs --tail 20 btc-watcher-nginx$/,
  ],
  [
    'Vite refuses foreign hosts',
    'vite-hosts',
    { foreignHost: answer(403) },
    /allowedHosts/,
    /^npm run deploy$/,
  ],
  [
    'the Vite of an image of the user refuses them',
    'vite-hosts',
    { foreignHost: answer(403) },
    /allowedHosts/,
    /^sed -i .* && docker build --tag my\/app:1 your\/frontend && npm run deploy$/,
    { BTCW_FRONTEND_IMAGE: 'my/app:1' },
  ],
  [
    'the Vite of a folder of the user refuses them',
    'vite-hosts',
    { foreignHost: answer(403) },
    /allowedHosts/,
    /^sed -i .* \/my\/app\/vite\.config\.\* && npm run deploy$/,
    { BTCW_FRONTEND_CONTEXT: '/my/app' },
  ],
  [
    'the password is another',
    'login',
    { login: answer(401), token: undefined, socket: undefined },
    /refuses user admin/,
    /npm run deploy/,
  ],
  [
    'a login is not answered',
    'login',
    { login: TIMED_OUT, token: undefined, socket: undefined },
    /^login fails \(no answer within 10 s\)$/,
    /^docker logs --tail 20 btc-watcher-backend$/,
  ],
  [
    'a login is refused for what it says',
    'login',
    { login: answer(400), token: undefined, socket: undefined },
    /^login fails \(status 400\)$/,
    /^docker logs --tail 20 btc-watcher-backend$/,
  ],
  [
    'a login makes the backend fail',
    'login',
    { login: answer(500), token: undefined, socket: undefined },
    /^login fails \(status 500\)$/,
    /^docker restart btc-watcher-backend$/,
  ],
  [
    'too many logins failed',
    'login',
    { login: answer(429), token: undefined, socket: undefined },
    /too many/,
    /sleep 60/,
  ],
  [
    'the token has expired',
    'token',
    {
      token: {
        given: true,
        wellFormed: true,
        issuedMs: NOW_MS - 30 * HOUR_MS,
        expiresMs: NOW_MS - 6 * HOUR_MS,
      },
      socket: { topics: [], pongMs: undefined, error: '', status: 403 },
    },
    /is 30 h old and expired 6 h ago/,
    /curl -s .*auth\/token/,
  ],
  [
    'the token is of another secret',
    'token',
    { socket: { topics: [], pongMs: undefined, error: '', status: 403 } },
    /secret has changed/,
    /auth\/token/,
  ],
  [
    'nginx is full',
    'connections',
    FULL,
    /all 2500 connections that BTCW_MAX_CONNECTIONS allows are open/,
    /BTCW_MAX_CONNECTIONS=3000/,
  ],
  [
    'nginx is full, and docker-proxy supports no more',
    'connections',
    { ...FULL, dockerProxyDescriptors: 16_000 },
    /this host supports no more/,
    /^docker restart btc-watcher-nginx$/,
  ],
  [
    'nginx is full, and there is no docker-proxy',
    'connections',
    { ...FULL, dockerProxyDescriptors: undefined },
    /all 2500/,
    /BTCW_MAX_CONNECTIONS=5000/,
  ],
  [
    'it is so only with the requests of doctor itself',
    'connections',
    { remote: answer(503) },
    /nginx answers 503/,
    /BTCW_MAX_CONNECTIONS/,
  ],
  [
    "the address of this host's network has all the connections it may have",
    'connections',
    { remote: answer(503), limitedBy: limitIn(CLIENT_LIMIT) },
    /503 through the tunnel: all 250 connections that BTCW_MAX_CLIENT_CONNECTIONS/,
    /BTCW_MAX_CLIENT_CONNECTIONS=500/,
  ],
  [
    'nginx is full here, too, whichever limit it has told of last',
    'connections',
    { ...FULL, limitedBy: limitIn(CLIENT_LIMIT) },
    /all 2500/,
    /BTCW_MAX_CONNECTIONS=/,
  ],
  [
    'the backend takes no more WebSockets',
    'websocket',
    { socket: FULL.socket },
    /gets 503 instead of 101/,
    /docker restart btc-watcher-backend/,
  ],
  [
    'the handshake of a WebSocket is not answered',
    'websocket',
    { socket: { topics: [], pongMs: undefined, error: 'no answer within 8 s', timedOut: true } },
    /gets no answer within 8 s instead of 101/,
    /^docker logs --tail 20 btc-watcher-backend$/,
  ],
  [
    'nothing is pushed',
    'silent',
    { socket: { topics: [], pongMs: undefined, error: '', status: 101 } },
    /nor is a ping answered/,
    /^docker logs --tail 20 btc-watcher-backend$/,
  ],
  [
    'no pong comes',
    'silent',
    { socket: { topics: ['signals'], pongMs: undefined, error: '', status: 101 } },
    /no pong/,
    /^docker logs --tail 20 btc-watcher-backend$/,
  ],
  [
    "the frp server's name is unknown",
    'frp-name',
    { frpServer: { resolved: false, connectMs: undefined, error: 'ENOTFOUND', timedOut: false } },
    /frp\.example\.org does not resolve/,
    /BTCW_FRP_SERVER_ADDR/,
    EXTERNAL,
  ],
  [
    'no name server answers',
    'frp-name',
    { frpServer: { resolved: undefined, connectMs: undefined, error: 'EAI_AGAIN', timedOut: true } },
    /^no name server answers for frp\.example\.org \(EAI_AGAIN\)$/,
    /^getent hosts frp\.example\.org$/,
    EXTERNAL,
  ],
  [
    'there is no route to the frp server',
    'frp-server',
    { frpServer: { resolved: true, connectMs: undefined, error: 'ENETUNREACH', timedOut: false } },
    /^frp\.example\.org:7000: ENETUNREACH$/,
    /^ip route$/,
    EXTERNAL,
  ],
  [
    'the embedded frp server refuses connections',
    'frp-server',
    { frpServer: { resolved: true, connectMs: undefined, error: 'ECONNREFUSED', timedOut: false } },
    /^127\.0\.0\.1:7000: ECONNREFUSED$/,
    /^docker restart btc-watcher-frps$/,
  ],
  [
    'the embedded frp server does not answer',
    'frp-server',
    { frpServer: { resolved: true, connectMs: undefined, error: 'no answer within 5 s', timedOut: true } },
    /^127\.0\.0\.1:7000: no answer within 5 s$/,
    /^docker logs --tail 20 btc-watcher-frps$/,
  ],
  [
    'frps is away',
    'frp-server',
    { frpServer: { resolved: true, connectMs: undefined, error: 'ECONNREFUSED', timedOut: false } },
    /nothing listens on frp\.example\.org:7000/,
    /^on frp\.example\.org: start frps, where systemd runs it: sudo systemctl restart frps$/,
    EXTERNAL,
  ],
  [
    "the server's firewall is closed",
    'frp-server',
    { frpServer: { resolved: true, connectMs: undefined, error: 'no answer within 5 s', timedOut: true } },
    /^frp\.example\.org:7000 gives no answer within 5 s, asked twice: a firewall .* or the server is off$/,
    /^on frp\.example\.org: allow TCP port 7000 in the provider's security group and in the server's own firewall: sudo ufw allow 7000\/tcp$/,
    EXTERNAL,
  ],
  [
    'the frp server has no tcpMux',
    'frp-tcp-mux',
    { ...tunnelDown('hung-up'), tcpMux: false },
    /closes the connection: its transport\.tcpMux is false$/,
    /BTCW_FRP_TCP_MUX=off/,
    EXTERNAL,
  ],
  [
    'the frp server has tcpMux',
    'frp-tcp-mux',
    { ...tunnelDown('hung-up'), tcpMux: true },
    /its transport\.tcpMux is true$/,
    /BTCW_FRP_TCP_MUX=on/,
    { ...EXTERNAL, BTCW_FRP_TCP_MUX: 'off' },
  ],
  [
    'the frp server refuses in its own words',
    'tunnel',
    tunnelDown('server-says'),
    /^the reason$/,
    /^docker logs .*btc-watcher-frpc$/,
    EXTERNAL,
  ],
  ['the frp token is refused', 'frp-token', tunnelDown('token'), /refuses the token/, /^npm run deploy$/],
  [
    'a server of the user refuses the token that deploy has generated',
    'frp-token',
    tunnelDown('token'),
    /that deploy has generated: the server has a different one$/,
    /^put the server's auth\.token into a file \(chmod 600\), set BTCW_FRP_TOKEN_FILE to it in \.env, then: npm run deploy$/,
    EXTERNAL,
  ],
  [
    'a server of the user refuses the token of the user',
    'frp-token',
    tunnelDown('token'),
    /refuses the token in \/my\/token: it should be the auth\.token of its frps\.toml$/,
    /^put the server's auth\.token into \/my\/token, then: npm run deploy$/,
    { ...EXTERNAL, BTCW_FRP_TOKEN_FILE: '/my/token' },
  ],
  [
    'the proxy name is taken',
    'frp-proxy-name',
    tunnelDown('proxy-name'),
    /named freq-service/,
    /BTCW_FRP_PROXY_NAME=freq-service-2/,
  ],
  [
    'the remote port is taken',
    'frp-remote-port',
    tunnelDown('remote-port'),
    /60001 is taken/,
    /BTCW_FRP_REMOTE_PORT=60002/,
  ],
  [
    'the remote port is not allowed',
    'frp-remote-port',
    tunnelDown('port-not-allowed'),
    /allowPorts/,
    /^npm run deploy$/,
  ],
  [
    'the remote port is not allowed on a server of the user',
    'frp-remote-port',
    tunnelDown('port-not-allowed'),
    /allowPorts/,
    /BTCW_FRP_REMOTE_PORT=60002/,
    EXTERNAL,
  ],
  [
    'the certificate is of another CA',
    'frp-certificate',
    certificate('DEPTH_ZERO_SELF_SIGNED_CERT', ['frp.example.org']),
    /not signed by the CA in \/my\/ca\.pem \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    /^scp frp\.example\.org:\S+ \/my\/ca\.pem && npm run deploy$/,
    { ...EXTERNAL, ...CA },
  ],
  [
    'frpc has another CA than the file has by now',
    'frp-certificate',
    certificate('', ['frp.example.org']),
    /matches \/my\/ca\.pem: that file has changed since the last deploy/,
    /^npm run deploy$/,
    { ...EXTERNAL, ...CA },
  ],
  [
    'the certificate is for another name',
    'frp-certificate',
    certificate('ERR_TLS_CERT_ALTNAME_INVALID', ['*.example.com', 'frp.example.com']),
    /is for \*\.example\.com, frp\.example\.com, not for frp\.example\.org/,
    /BTCW_FRP_SERVER_ADDR=frp\.example\.com/,
    { ...EXTERNAL, ...CA },
  ],
  [
    'the certificate has no name',
    'frp-certificate',
    certificate('ERR_TLS_CERT_ALTNAME_INVALID', []),
    /for no name at all \(subjectAltName\)/,
    /BTCW_FRP_TLS_CA_FILE=.*d' \.env && npm run deploy/,
    { ...EXTERNAL, ...CA },
  ],
  [
    'the certificate has expired',
    'frp-certificate',
    certificate('CERT_HAS_EXPIRED', ['frp.example.org']),
    /has expired/,
    /^on frp\.example\.org: renew the certificate, .*: sudo systemctl restart frps$/,
    { ...EXTERNAL, ...CA },
  ],
  [
    'the certificate is not the pinned one',
    'frp-certificate',
    { ...tunnelDown('hung-up'), ...shows('OTHER_CERTIFICATE', { isDeployed: true }) },
    /is not the pinned one: .*; pinned: AB, shown: CD$/,
    /openssl x509 .* -fingerprint .*npm run deploy -- --accept-frp-certificate$/,
    EXTERNAL,
  ],
  [
    'the certificate is not the pinned one, although the tunnel is still up',
    'frp-certificate',
    shows('OTHER_CERTIFICATE', { isDeployed: true }),
    /pinned: AB, shown: CD$/,
    /--accept-frp-certificate$/,
    EXTERNAL,
  ],
  [
    'the pinned certificate has expired',
    'frp-certificate',
    { ...tunnelDown('hung-up'), ...shows('CERT_HAS_EXPIRED', { isDeployed: true }) },
    /has expired/,
    /^on frp\.example\.org: renew the certificate, .*: sudo systemctl restart frps$/,
    EXTERNAL,
  ],
  [
    'frps makes a certificate at each start',
    'frp-trust',
    shows('ERR_TLS_CERT_ALTNAME_INVALID', undefined, true),
    /cannot be pinned, as frps makes a new one at each start, .*: whoever is in between can read passwords/,
    /^on frp\.example\.org: sudo openssl req -x509 .* subjectAltName=DNS:frp\.example\.org .*; in its frps\.toml: transport\.tls\.certFile = "\S+", transport\.tls\.keyFile = "\S+"; .*npm run deploy$/,
    EXTERNAL,
  ],
  [
    'the certificate is of a public CA, for another name',
    'frp-trust',
    shows('ERR_TLS_CERT_ALTNAME_INVALID'),
    /cannot be pinned, as it is a public CA's for frp\.example\.org: /,
    /echo 'BTCW_FRP_SERVER_ADDR=frp\.example\.org' >> \.env && npm run deploy$/,
    { BTCW_FRP_SERVER_ADDR: '192.0.2.1' },
  ],
  [
    'the certificate is not pinned yet',
    'frp-trust',
    shows(''),
    /not pinned yet/,
    /^npm run deploy$/,
    EXTERNAL,
  ],
  [
    'frpc was deployed without the pin',
    'frp-trust',
    shows('', { isDeployed: false }),
    /deployed without it/,
    /^npm run deploy$/,
    EXTERNAL,
  ],
  [
    'a CA is set for the embedded server',
    'frp-certificate',
    certificate('DEPTH_ZERO_SELF_SIGNED_CERT', []),
    /no CA file matches it/,
    /BTCW_FRP_TLS_CA_FILE=.*d' \.env && npm run deploy/,
    CA,
  ],
  [
    'another program listens where the frp server should, on a port of its own',
    'tunnel',
    tunnelDown('no-frps'),
    /the reason/,
    /BTCW_FRP_SERVER_PORT=7000/,
    { ...EXTERNAL, BTCW_FRP_SERVER_PORT: '443' },
  ],
  [
    'the server hangs up for another reason',
    'tunnel',
    tunnelDown('hung-up'),
    /the reason/,
    /docker restart btc-watcher-frpc/,
  ],
  [
    'remote connects, and has no answer',
    'public-port',
    { remote: { ...TIMED_OUT, connected: true } },
    /\(no answer within 10 s\), although the tunnel is up: the connection opens, so no firewall blocks it$/,
    /^docker logs --tail 20 btc-watcher-frpc$/,
    EXTERNAL,
  ],
  [
    'remote answers with an error of its own',
    'public-port',
    { remote: answer(502) },
    /\(status 502\), although the tunnel is up: the connection opens, so no firewall blocks it$/,
    /^docker logs --tail 20 btc-watcher-frpc$/,
    EXTERNAL,
  ],
  [
    'remote refuses connections',
    'public-port',
    { remote: REFUSED },
    /\(connection refused\), although the tunnel is up: nothing takes connections to port 60001 there$/,
    /^on frp\.example\.org: see what listens on port 60001: sudo ss -ltnp sport = :60001$/,
    EXTERNAL,
  ],
  [
    'remote does not work with the embedded server',
    'public-port',
    { remote: TIMED_OUT },
    /the server's firewall blocks port 60001$/,
    /^sudo ufw allow 60001\/tcp$/,
  ],
  [
    'remote does not work',
    'public-port',
    { remote: TIMED_OUT },
    /opens on this host \(status 200\), but not at .* \(no answer within 10 s\), although the tunnel is up: the server's firewall/,
    /^on frp\.example\.org: .* sudo ufw allow 60001\/tcp$/,
    EXTERNAL,
  ],
  [
    'the clock is behind',
    'clock',
    {
      socket: {
        topics: ['signals'],
        pongMs: 1,
        error: '',
        status: 101,
        greeting: { heartbeatSec: 10, skewMs: HOUR_MS },
      },
    },
    /60 min behind that of the backend/,
    /set-ntp/,
  ],
];

describe('doctor', () => {
  it('finds no problem in a healthy deployment, and has data for every check', () => {
    expect(diagnose(healthyFacts()).filter(({ level }) => level !== 'ok')).toEqual([]);
  });

  it.each(FAILURES)(
    'fails when %s: exactly %s, with cause and fix',
    (_what, id, changes, detail, fix, environment) => {
      const failures = diagnose(healthyFacts(changes, environment)).filter(({ ok }) => !ok);
      expect(failures.map((failure) => failure.id)).toEqual([id]);
      expect(failures[0]?.detail).toMatch(detail);
      expect(failures[0]?.fix).toMatch(fix);
    },
  );

  it.each([
    ['the embedded server', {}, {}, 'it is the embedded one, on this host'],
    ['a CA file', {}, { ...EXTERNAL, ...CA }, 'by the CA in /my/ca.pem'],
    ['a pin', shows('', { isDeployed: true }), EXTERNAL, 'by its pinned certificate, SHA-256 AB'],
  ])('says how frpc knows its server: %s', (_what, facts, environment, detail) => {
    const findings = diagnose(healthyFacts(facts, environment));
    expect(findings.find(({ id }) => id === 'frp-trust')).toMatchObject({ level: 'ok', detail });
  });

  it('only warns where frpc cannot check its server', () => {
    const findings = diagnose(healthyFacts(shows('ERR_TLS_CERT_ALTNAME_INVALID', undefined, true), EXTERNAL));
    expect(findings.filter(({ ok }) => !ok)).toMatchObject([{ id: 'frp-trust', level: 'warning' }]);
  });

  it('never fails for want of a fact', () => {
    const nothing = {
      containers: undefined,
      bridgeGateway: undefined,
      dockerProxyDescriptors: undefined,
      firewallRules: undefined,
      disk: undefined,
      inside: {},
      nginx: undefined,
      login: undefined,
      token: undefined,
      socket: undefined,
      tunnel: undefined,
    };
    expect(diagnose(healthyFacts(nothing)).filter(({ ok }) => !ok)).toEqual([]);
  });

  it('blames nothing else where nothing is deployed', () => {
    const findings = diagnose(
      healthyFacts({ containers: {}, hostAddresses: ['127.0.0.1'], nginx: undefined }),
    );
    const idsOf = (level: Finding['level']) =>
      findings.filter((finding) => finding.level === level).map(({ id }) => id);
    expect(idsOf('failure')).toEqual(['deployed']);
    expect(idsOf('warning')).toEqual([]);
    expect(idsOf('ok')).toEqual('docker docker-commands disk disk-soon state clock'.split(' '));
    const skipped = findings.filter(({ level }) => level === 'skipped');
    expect([...new Set(skipped.map(({ detail }) => detail))]).toEqual([
      'skipped: caused by "the project is deployed"',
    ]);
  });

  it('judges no firewall from one observation, nor one that lets the connection open', () => {
    const wrong = (facts: Partial<Facts>) =>
      diagnose(healthyFacts({ ...facts, firewallRules: ['-t filter -P INPUT DROP'] }))
        .filter(({ ok }) => !ok)
        .map(({ id }) => id);
    expect(wrong(inside('backend', 0, 28, { asked: 1 }))).not.toContain('firewall-backend');
    expect(wrong(inside('backend', 0, 28, { connected: true }))).toEqual(['backend-at-gateway']);
    expect(wrong(inside('backend', 0, 28))).toEqual(['firewall-backend']);
  });

  it('shows what nftables have by a program of the host where there is no guard', () => {
    const facts = { ...inside('backend', 0, 28), firewallRules: [], ...without('guard') };
    const found = diagnose(healthyFacts(facts, { BTCW_GUARD: 'off' })).find(
      ({ id }) => id === 'firewall-backend',
    );
    expect(found?.fix).toBe("sudo nft list ruleset | grep -nE 'drop|reject'");
  });

  it('deletes no container that was asked for once, or gave no answer at its other address', () => {
    const elsewhere = { direct: { backend: answer(200) } };
    const fix = (facts: Partial<Facts>) =>
      diagnose(healthyFacts({ ...elsewhere, ...facts })).find(({ ok }) => !ok)?.fix;
    const refused = { ...inside('backend', 0, 7), atBridge: { backend: REFUSED } };
    expect(fix(refused)).toBe('docker rm --force btc-watcher-backend && npm run deploy');
    expect(fix({ ...refused, ...inside('backend', 0, 7, { asked: 1 }) })).not.toContain('docker rm');
    expect(fix({ ...refused, atBridge: { backend: TIMED_OUT } })).not.toContain('docker rm');
  });

  it('gives a client that has just been started the time to log in', () => {
    const wrongAfter = (seconds: number) =>
      diagnose(
        healthyFacts({
          ...tunnelDown('nothing-said'),
          ...withContainer('frpc', { startedAtMs: NOW_MS - seconds * 1000 }),
        }),
      )
        .filter(({ ok }) => !ok)
        .map(({ id }) => id);
    expect(wrongAfter(3)).toEqual([]);
    expect(wrongAfter(60)).toEqual(['tunnel']);
  });

  it('names the check that caused another to be skipped', () => {
    const findings = diagnose(healthyFacts(withContainer('backend', { status: 'exited' })));
    const silent = findings.find(({ id }) => id === 'silent');
    expect(silent).toMatchObject({ level: 'skipped', ok: true });
    expect(silent?.detail).toBe('skipped: caused by "backend is running and healthy"');
  });

  it('fails when a port is taken while its container is down, names the program, and never suggests to stop Docker', () => {
    const down = withContainer('nginx', { status: 'exited' });
    const failing = (changes: Partial<Facts>) => diagnose(healthyFacts(changes)).filter(({ ok }) => !ok);
    const python = failing({ ...down, ...ports('nginx', { program: 'python3', pid: 4711 }) });
    expect(python).toMatchObject([
      {
        id: 'port-nginx',
        detail: 'python3 (process 4711) is listening on 127.0.0.1:8501',
        fix: 'kill 4711 && npm run deploy',
      },
    ]);
    const other = failing({
      ...down,
      ...ports('nginx', { program: 'docker-proxy', pid: 7 }, 'shop'),
    });
    expect(other).toMatchObject([{ id: 'port-nginx', fix: 'docker stop shop && npm run deploy' }]);
    const own = failing({ ...down, ...ports('nginx', { program: 'dockerd', pid: 1 }) });
    expect(own.map(({ id }) => id)).toEqual(['container-nginx']);
    const unseen = failing({ ...down, ...ports('nginx', { program: '', pid: 0 }) });
    expect(unseen[0]?.fix).toBe('sudo ss -ltnp sport = :8501');
    // Without root, the embedded server's own socket cannot be told from another's.
    expect(failing(ports('frps', { program: '', pid: 0 }))).toEqual([]);
  });

  it('fails when another program has a port that ours is not published at, although ours runs', () => {
    const elsewhere = withContainer('nginx', { published: ['127.0.0.1:8400'] });
    const failing = (...args: Parameters<typeof ports>) =>
      diagnose(healthyFacts({ ...elsewhere, ...ports(...args) })).filter(({ ok }) => !ok);
    expect(failing('nginx', { program: 'python3', pid: 4711 })).toMatchObject([
      {
        id: 'port-nginx',
        detail:
          'python3 (process 4711) is listening on 127.0.0.1:8501, and nginx is published at 127.0.0.1:8400',
      },
    ]);
    expect(failing('nginx', { program: '', pid: 0 })).toMatchObject([{ id: 'port-nginx' }]);
    const everywhere = withContainer('nginx', { published: ['0.0.0.0:8501'] });
    const own = ports('nginx', { program: '', pid: 0 });
    expect(diagnose(healthyFacts({ ...everywhere, ...own })).filter(({ ok }) => !ok)).toEqual([]);
  });

  describe('with settings that are not deployed yet', () => {
    const port = { name: 'BTCW_NGINX_PORT', from: '8501', to: '9000' } as const;
    const wrong = (facts: Partial<Facts>, environment: Environment = {}) =>
      diagnose(healthyFacts(facts, environment))
        .filter(({ ok }) => !ok)
        .map(({ id, level, detail, fix }) => ({ id, level, detail, fix }));
    const settings = (level: 'failure' | 'warning', detail: string) => [
      {
        id: 'settings',
        level,
        detail: `.env differs from what is deployed: ${detail}`,
        fix: 'npm run deploy',
      },
    ];

    it('warns of them where they explain nothing', () => {
      const addr = { name: 'BTCW_FRP_SERVER_ADDR', from: '', to: 'frp.example.org' } as const;
      const changed = undeployed(port, addr);
      expect(wrong(changed)).toEqual(
        settings(
          'warning',
          'BTCW_NGINX_PORT: 8501 → 9000, BTCW_FRP_SERVER_ADDR: (not set) → frp.example.org',
        ),
      );
    });

    it.each([
      ['a program on the new port', ports('nginx', { program: 'python3', pid: 5 }), port],
      ['a page that is not there yet', { local: REFUSED, foreignHost: REFUSED }, port],
      [
        'a backend that is not there yet',
        { ...inside('backend', 0, 7), atBridge: { backend: REFUSED }, direct: { backend: REFUSED } },
        { name: 'BTCW_BACKEND_PORT', from: '8000', to: '9000' },
      ],
      [
        'an address that a deploy will make',
        { hostAddresses: ['127.0.0.1'] },
        { name: 'BTCW_GATEWAY', from: '172.17.0.1', to: '172.31.0.1' },
      ],
      ['a refused token', tunnelDown('token'), { name: 'BTCW_FRP_TOKEN_FILE', from: '', to: '/my/token' }],
      ['a new limit', FULL, { name: 'BTCW_MAX_CONNECTIONS', from: '2500', to: '5000' }],
    ] as const)('fails for them where they explain %s, and nothing else fails', (_what, facts, change) => {
      // Published where it was deployed.
      const old = withContainer('nginx', { published: ['127.0.0.1:8400'] });
      const { name, from, to } = change;
      expect(wrong({ ...old, ...facts, ...undeployed(change) })).toEqual(
        settings('failure', `${name}: ${from || '(not set)'} → ${to}`),
      );
    });

    it('fails for them where a container is missing that was not deployed, and not where one was removed', () => {
      const guard = { name: 'BTCW_GUARD', from: 'off', to: 'on' } as const;
      const services = topologyWith({ BTCW_GUARD: 'off' }).services.map(({ name }) => name);
      expect(wrong({ ...without('guard'), release: { changed: [guard], services } })).toEqual(
        settings('failure', 'BTCW_GUARD: off → on'),
      );
      expect(wrong({ ...without('guard'), ...undeployed(guard) }).map(({ id }) => id)).toEqual([
        'settings',
        'container-guard',
      ]);
    });

    it('does not blame them for what they have nothing to do with', () => {
      const stopped = withContainer('backend', { status: 'exited' });
      expect(wrong({ ...stopped, ...undeployed(port) })).toMatchObject([
        { id: 'settings', level: 'warning' },
        { id: 'container-backend', level: 'failure' },
      ]);
      const changed = undeployed({ name: 'BTCW_FRP_SERVER_ADDR', from: '', to: 'frp.example.org' });
      const away = { resolved: true, connectMs: undefined, error: 'ECONNREFUSED', timedOut: false };
      expect(wrong({ frpServer: away, ...changed }, EXTERNAL)).toMatchObject([
        { id: 'settings', level: 'warning' },
        { id: 'frp-server', level: 'failure' },
      ]);
    });

    it('does not warn where a guard is to be switched off, and still runs', () => {
      const off = undeployed({ name: 'BTCW_GUARD', from: 'on', to: 'off' });
      expect(wrong(off, { BTCW_GUARD: 'off' })).toEqual(settings('warning', 'BTCW_GUARD: on → off'));
    });

    it('says nothing of them where what is deployed is not known', () => {
      expect(wrong({ release: undefined })).toEqual([]);
    });
  });

  it('lets a container out of its restart loop when it has been healthy for a while', () => {
    const wrongAfter = (seconds: number, health: string) =>
      diagnose(
        healthyFacts(withContainer('backend', { restarts: 9, health, startedAtMs: NOW_MS - seconds * 1000 })),
      )
        .filter(({ ok }) => !ok)
        .map(({ id }) => id);
    expect(wrongAfter(10, 'healthy')).toEqual(['container-backend']);
    expect(wrongAfter(30, 'healthy')).toEqual([]);
    expect(wrongAfter(30, 'starting')).toEqual(['container-backend']);
  });

  it('fails when another program than frps has the remote port', () => {
    const taken = ports('remote', { program: 'nc', pid: 5 });
    const failures = diagnose(healthyFacts({ ...taken, ...tunnelDown('remote-port') })).filter(
      ({ ok }) => !ok,
    );
    expect(failures.map(({ id }) => id)).toEqual(['port-remote']);
  });

  describe('warns, with exit code 0,', () => {
    const warnings = (changes: Partial<Facts>, environment: Record<string, string> = {}) => {
      const wrong = diagnose(healthyFacts(changes, environment)).filter(({ ok }) => !ok);
      expect(wrong.every(({ level }) => level === 'warning')).toBe(true);
      return wrong;
    };

    it('of neighbours who are let in without the guard, and of what an older engine opens besides', () => {
      const off = { BTCW_GUARD: 'off' };
      expect(warnings(without('guard'), off)).toMatchObject([
        { id: 'neighbours', fix: "sed -i '/^BTCW_GUARD=/d' .env && npm run deploy" },
      ]);
      const engine = { ...healthyFacts().engine, version: '20.10.24+dfsg1' };
      const [older] = warnings({ engine, ...without('guard') }, off);
      expect(older?.detail).toContain(
        "with Docker 20.10.24+dfsg1 also 127.0.0.1 and containers' own addresses",
      );
    });

    it('of a log without a limit, one that is over it, and a disk that fills', () => {
      expect(warnings(withContainer('frpc', { logLimitBytes: undefined }))).toMatchObject([
        { id: 'log-size-frpc', fix: 'npm run deploy' },
      ]);
      expect(warnings(withContainer('nginx', { logBytes: 1e9 }))).toMatchObject([
        { id: 'log-size-nginx', fix: 'docker rm --force btc-watcher-nginx && npm run deploy' },
      ]);
      const dev = { BTCW_FRONTEND_MODE: 'dev' };
      expect(warnings({}, dev)).toEqual([]);
      expect(warnings({}, { ...dev, ...EXTERNAL })).toMatchObject([{ id: 'dev-mode', hop: 'frontend' }]);
      expect(warnings({ oldWorkers: 8 })).toEqual([]);
      const fix = 'docker exec btc-watcher-nginx sh /etc/nginx/reload.sh';
      expect(warnings({ oldWorkers: 9 })).toMatchObject([{ id: 'nginx-reloads', hop: 'nginx', fix }]);
      const lan = { BTCW_NGINX_BIND: '192.168.77.10' };
      const late = { id: 'late-address', detail: expect.stringContaining('has 192.168.77.10 by then') };
      expect(warnings({}, lan)).toMatchObject([late]);
      expect(warnings({ nonlocalBind: true }, lan)).toEqual([]);
      expect(warnings({ disk: { freeBytes: 8e9, totalBytes: 1e11 } })).toMatchObject([{ id: 'disk-soon' }]);
    });

    it('of images that are older than 30 days, and not of those that are not built here', () => {
      const of = (days: number | undefined) =>
        withContainer('nginx', {
          packagesAtMs: days === undefined ? undefined : NOW_MS - days * 86_400_000,
        });
      expect(warnings(of(29))).toEqual([]);
      expect(warnings(of(undefined))).toEqual([]);
      expect(warnings(of(31))).toMatchObject([
        {
          id: 'image-age',
          detail: 'images without the security updates of late: nginx; packages were fetched 31 days ago',
          fix: 'npm run images -- --fresh && npm run deploy',
        },
      ]);
    });
  });
});

describe('the checks', () => {
  const limits = { memoryMiB: 64, pids: 16 };
  const image = { kind: 'reference', reference: 'my/image:1' } as const;
  const common = { image, limits, health: ['CMD', 'true'], disruption: 'none' };
  const SHOP: ServiceDefinition = {
    ...common,
    name: 'shop',
    ports: [
      { container: 80, host: 9000, addresses: ['127.0.0.1', '172.17.0.1'] },
      { container: 81, host: 9001, addresses: ['127.0.0.1'] },
    ],
    routes: ['/shop'],
    healthPath: '/shop/health',
  };
  const WORKER: ServiceDefinition = { ...common, name: 'worker' };
  const EXTRA = [SHOP, WORKER];

  const TOPOLOGIES: [string, Topology][] = [
    ['by default', topologyWith()],
    ["with the user's frp server", topologyWith(EXTERNAL)],
    ['without the guard', topologyWith({ BTCW_GUARD: 'off' })],
    ['with services beside them', topologyWith({}, EXTRA)],
    ['with all of that', topologyWith({ ...EXTERNAL, BTCW_GUARD: 'off' }, EXTRA)],
  ];

  /** The service or port that an id is of. */
  const SUBJECT =
    /^(?:port|container|health-checks|log-size|log-readable|firewall)-(?<of>.+)$|^(?<at>.+)-at-gateway$/;
  const subjectOf = (id: string) => {
    const { of, at } = SUBJECT.exec(id)?.groups ?? {};
    return of ?? at;
  };

  it.each(TOPOLOGIES)(
    'have ids of their own, and depend on those that there are or that are left out: %s',
    (_what, topology) => {
      const checks = checksFor(topology, REFERENCE_PROFILE);
      const ids = checks.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)]);
      const { services } = topology;
      const names = services.flatMap((service) => [
        service.name,
        ...service.ports.map((port) => portName(service, port)),
      ]);
      const missing = checks
        .flatMap(({ dependsOn }) => dependsOn)
        .filter((dependency) => !ids.includes(idOf(dependency)));
      const everyId = TOPOLOGIES.flatMap(([, other]) => checksFor(other, REFERENCE_PROFILE)).map(
        ({ id }) => id,
      );
      for (const dependency of missing) {
        expect(everyId).toContain(idOf(dependency));
        expect(dependency).toBeTypeOf('string');
        expect(names).not.toContain(subjectOf(idOf(dependency)) ?? idOf(dependency));
      }
    },
  );

  it.each(TOPOLOGIES)('depend on one another without a cycle: %s', (_what, topology) => {
    const checks = new Map(checksFor(topology, REFERENCE_PROFILE).map((check) => [check.id, check]));
    const visit = (id: string, path: readonly string[]) => {
      expect(path).not.toContain(id);
      for (const dependency of checks.get(id)?.dependsOn ?? []) visit(idOf(dependency), [...path, id]);
    };
    for (const id of checks.keys()) visit(id, []);
  });

  it('have the ids, in the order, that readers of --json know', () => {
    const services = ['nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard'];
    const ofServices = (prefix: string) => services.map((service) => `${prefix}-${service}`);
    const network = 'docker-proxy firewall-frontend firewall-backend frontend-at-gateway backend-at-gateway';
    const nginx = 'nginx-config nginx-upgrade nginx-buffering nginx-timeouts nginx-upstreams nginx-reloads';
    const tunnel =
      'frp-name frp-server frp-certificate frp-trust frp-tcp-mux frp-token frp-proxy-name frp-remote-port tunnel';
    expect(checksFor(topologyWith(), REFERENCE_PROFILE).map(({ id }) => id)).toEqual([
      ...'docker docker-commands deployed settings gateway disk disk-soon state'.split(' '),
      ...'port-frontend port-backend port-nginx port-tunnel port-frps port-remote'.split(' '),
      ...ofServices('container'),
      ...ofServices('health-checks'),
      ...ofServices('memory'),
      'image-age',
      'neighbours',
      ...ofServices('log-size'),
      ...ofServices('log-readable'),
      ...network.split(' '),
      ...nginx.split(' '),
      ...'connections local-page vite-hosts dev-mode login token websocket silent'.split(' '),
      ...tunnel.split(' '),
      ...'public-port clock'.split(' '),
    ]);
  });

  it('cannot depend on an id that no check has', () => {
    // @ts-expect-error: a misspelt one does not compile
    const misspelt: Dependency = 'contaner-nginx';
    expect(checksFor(topologyWith(), REFERENCE_PROFILE).map(({ id }) => id)).not.toContain(misspelt);
  });

  it('are run after those that they depend on, whatever their order', () => {
    const cause: Check = {
      id: 'cause',
      name: 'the cause',
      hop: 'host',
      dependsOn: [],
      run: () => ({ problem: 'it is broken', fix: 'fix it' }),
    };
    const between: Check = { ...cause, id: 'between', dependsOn: [cause], run: () => undefined };
    const consequence: Check = { ...cause, id: 'consequence', dependsOn: [between] };
    const findings = runChecks([consequence, between, cause], healthyFacts());
    expect(findings.map(({ id, level, detail }) => [id, level, detail])).toEqual([
      ['consequence', 'skipped', 'skipped: caused by "the cause"'],
      ['between', 'skipped', 'skipped: caused by "the cause"'],
      ['cause', 'failure', 'it is broken'],
    ]);
  });

  it('cover a service that is added, with a port and a route or without', () => {
    const findings = diagnose(healthyFacts({}, {}, EXTRA));
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    const idsOf = (name: string) => findings.map(({ id }) => id).filter((id) => id.includes(name));
    expect(idsOf('worker')).toEqual([
      'container-worker',
      'health-checks-worker',
      'memory-worker',
      'connects-worker',
      'log-size-worker',
      'log-readable-worker',
    ]);
    expect(idsOf('shop')).toEqual([
      'port-shop',
      'port-shop-81',
      'container-shop',
      'health-checks-shop',
      'memory-shop',
      'connects-shop',
      'log-size-shop',
      'log-readable-shop',
      'firewall-shop',
      'shop-at-gateway',
    ]);
    const failures = diagnose(healthyFacts(inside('shop', 500, 0), {}, EXTRA)).filter(({ ok }) => !ok);
    expect(failures).toMatchObject([
      {
        id: 'shop-at-gateway',
        hop: 'shop',
        detail: '172.17.0.1:9000/shop/health answers with status 500',
        fix: 'docker logs --tail 20 btc-watcher-shop',
      },
    ]);
  });

  it('are of the host for the guard alone, which carries no traffic', () => {
    const hops = Object.fromEntries(
      checksFor(topologyWith({}, EXTRA), REFERENCE_PROFILE).map(({ id, hop }) => [id, hop]),
    );
    expect(hops).toMatchObject({
      'container-guard': 'host',
      'container-worker': 'worker',
      'container-shop': 'shop',
      'container-frpc': 'frpc',
      token: 'browser',
    });
  });
});

describe('a fact', () => {
  it('is undefined where a file or a program fails, and never hides a defect', async () => {
    const failing = (error: Error) =>
      fact(() => {
        throw error;
      });
    expect(await fact(() => 1)).toBe(1);
    expect(await failing(new Error('ENOENT'))).toBeUndefined();
    expect(await failing(new SyntaxError('no JSON'))).toBeUndefined();
    for (const defect of [new TypeError('x'), new RangeError('x'), new ReferenceError('x')]) {
      await expect(failing(defect)).rejects.toBe(defect);
    }
  });

  it('of an address that this host does not have is not asked for: the packets would leave it', async () => {
    const server = createServer((request, response) => response.end(request.url)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const topology = topologyWith({
      BTCW_GATEWAY: '192.0.2.1',
      BTCW_NGINX_PORT: '1',
      BTCW_BACKEND_PORT: String(port),
      BTCW_FRONTEND_PORT: '2',
      BTCW_FRP_REMOTE_PORT: '3',
    });
    const silent = { status: 0, ms: 1_600, curl: 28, connected: false, asked: 1 };
    const { inside, atBridge, direct } = await askUpstreamsAgain(
      topology,
      topology.upstreams,
      { backend: silent, frontend: silent },
      ['127.0.0.1', '172.17.0.1'],
      new Rounds(),
      async () => ({ ...silent, asked: 2 }),
    );
    server.close();
    expect(inside.backend?.asked).toBe(2);
    expect(atBridge).toEqual({ backend: undefined, frontend: undefined });
    expect(direct.backend).toMatchObject({ status: 200, body: '/health' });
    expect(direct.frontend).toMatchObject({ status: 0, error: 'ECONNREFUSED' });
  });
});

describe('a token that is given', () => {
  const input = (text: string) =>
    async function* () {
      yield Buffer.from(text);
    };

  it('is that of the command line, of a file, or of standard input', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'btcw-token-')), 'token');
    writeFileSync(file, 'a.b.c\n');
    expect(await givenToken({ token: 'x.y.z' })).toBe('x.y.z');
    expect(await givenToken({ tokenFile: file })).toBe('a.b.c');
    rmSync(dirname(file), { recursive: true });
    const standardInput = input('d.e.f\n');
    expect(await givenToken({ tokenFile: '-' }, () => standardInput())).toBe('d.e.f');
    expect(await givenToken({})).toBeUndefined();
  });

  it.each([
    [{ token: 'x', tokenFile: 'y' }, /should not be given together with --token/],
    [{ tokenFile: '/nowhere' }, /cannot read "\/nowhere": ENOENT/],
    [{ tokenFile: '-' }, /should hold a token, but standard input is empty/],
  ])('fails as %j', async (options, message) => {
    const nothing = input(' \n');
    await expect(givenToken(options, () => nothing())).rejects.toThrow(message);
  });
});

describe('what doctor reads', () => {
  it('a token, without verifying it, and without failing for what is none', () => {
    const payload = Buffer.from('{"iat":1000,"exp":2000}').toString('base64url');
    expect(readToken(`x.${payload}.y`, true)).toEqual({
      given: true,
      wellFormed: true,
      issuedMs: 1e6,
      expiresMs: 2e6,
    });
    for (const text of ['', 'nonsense', 'a.b.c', '..']) expect(readToken(text, true).wellFormed).toBe(false);
  });

  it('what inheritance leaves of an nginx configuration', () => {
    const text = `http { proxy_read_timeout 2m; proxy_buffering off; # a } comment
      server { proxy_set_header Upgrade $http_upgrade; location ~ "^/a;b{2}" { proxy_pass http://10.0.0.1:80/x; }
      location /none { return 404; } } }`;
    expect(readNginxConf(text).locations).toEqual([
      {
        path: '^/a;b{2}',
        servers: ['10.0.0.1:80'],
        httpVersion: '1.0',
        headers: { upgrade: '$http_upgrade' },
        buffering: false,
        readTimeoutSec: 120,
        sendTimeoutSec: 60,
      },
    ]);
    expect([seconds('5'), seconds('1m30s'), seconds('500ms'), seconds('1d')]).toEqual([5, 90, 0.5, 86_400]);
  });

  it("nginx's refusal, before and after it knows its error_log", () => {
    const words = 'unknown "connection_upgrade" variable';
    expect(refusalOf(`nginx: [emerg] ${words}\n`)).toBe(`nginx: [emerg] ${words}`);
    expect(refusalOf(`2026/11/22 12:00:00 [emerg] 7#7: ${words}\nx`)).toBe(`nginx: [emerg] ${words}`);
    expect(refusalOf(`# configuration file /etc/nginx/nginx.conf:\n${CONF}`)).toBe('');
  });

  it('what curl says of each upstream, and nothing where there is no curl', () => {
    const output =
      'backend 200 0.0012 0.0004 0\nmy-backend 000 1.5 0.000000 28\nslow 000 1.5 0.0003 28\nfrontend  127\nother 000 0 0 126\n';
    expect(readInside(output)).toEqual({
      backend: { status: 200, ms: 1.2, curl: 0, connected: true, asked: 1 },
      'my-backend': { status: 0, ms: 1500, curl: 28, connected: false, asked: 1 },
      slow: { status: 0, ms: 1500, curl: 28, connected: true, asked: 1 },
    });
  });

  it("the engine's reasons for not answering, with a command for each", () => {
    const denied = 'permission denied while trying to connect to the Docker daemon socket';
    expect(engineProblem(denied).fix).toBe('sudo usermod -aG docker "$USER" && newgrp docker');
    const away = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.';
    expect(engineProblem(away)).toEqual({ what: 'The Docker engine does not answer.', fix: 'npm run up' });
    expect(engineProblem('').what).toMatch(/^The Docker engine does not answer/);
    expect(engineTimeout(20_000)).toEqual({
      what: 'The Docker engine does not answer: no answer within 20 s, asked twice',
      fix: 'sudo systemctl status docker --no-pager --lines 20',
    });
  });

  it('where the reverse proxy sends a path, as nginx chooses', () => {
    const topology = topologyWith();
    expect(upstreamFor(topology, '/api/v1/ws').service).toBe('backend');
    expect(upstreamFor(topology, '/').service).toBe('frontend');
  });

  it('sizes, spans and lines from a moment on', () => {
    expect(logLimit({ 'max-size': '10m', 'max-file': '3' })).toBe(30 * 1024 ** 2);
    expect(logLimit({})).toBeUndefined();
    expect([span(1_000), span(600_000), span(7_200_000), span(3 * 86_400_000)]).toEqual([
      '1 s',
      '10 min',
      '2 h',
      '3 days',
    ]);
    const log = '2026-11-22T11:00:00Z old\n2026-11-22T12:00:01.5Z new';
    expect(linesSince(log, NOW_MS)).toBe('2026-11-22T12:00:01.5Z new');
  });
});
