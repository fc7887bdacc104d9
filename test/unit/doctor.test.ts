import { describe, expect, it } from 'vitest';
import { span } from '../../scripts/doctor/checks/check.ts';
import { diagnose } from '../../scripts/doctor/diagnose.ts';
import {
  type ContainerFacts,
  type Facts,
  linesSince,
  logBound,
  namesOf,
  readToken,
  refusalOf,
} from '../../scripts/doctor/facts.ts';
import { readNginxConf, seconds } from '../../scripts/doctor/nginx-conf.ts';
import type { Component } from '../../scripts/lib/components.ts';
import type { TunnelCause } from '../../scripts/lib/tunnel.ts';
import type { Settings } from '../../stacks/settings.ts';
import { answer, CONF, containerFacts, healthyFacts, NOW_MS, REFUSED } from '../support/facts.ts';

const EXTERNAL = { BTCW_FRP_SERVER_ADDR: 'frp.example.org' };
const HOUR_MS = 3_600_000;

const withContainer = (component: Component, changes: Partial<ContainerFacts>): Partial<Facts> => ({
  containers: { ...healthyFacts().containers, [component]: containerFacts(component, changes) },
});
const without = (component: Component): Partial<Facts> => {
  const { [component]: _gone, ...containers } = healthyFacts().containers ?? {};
  return { containers };
};
const conf = (from: string | RegExp, to: string): Partial<Facts> => ({
  nginx: readNginxConf(CONF.replaceAll(from, to)),
});
const tunnelDown = (cause: TunnelCause): Partial<Facts> => ({
  tunnel: { up: false, reason: 'the reason', cause, line: '' },
});
const withSettings = (settings: Partial<Settings>): Pick<Facts, 'settings'> => ({
  settings: { ...healthyFacts().settings, ...settings },
});
/** A server of the user's whose certificate is refused. */
const certificate = (problem: string, names: readonly string[]): Partial<Facts> => ({
  ...tunnelDown('hung-up'),
  ...withSettings({ BTCW_FRP_SERVER_ADDR: 'frp.example.org', BTCW_FRP_TLS_CA_FILE: '/my/ca.pem' }),
  frpServer: { ...healthyFacts().frpServer, certificate: { problem, names } },
});
/** What past BTCW_MAX_CONNECTIONS everyone gets. */
const FULL = {
  local: answer(503),
  foreignHost: answer(503),
  remote: answer(503),
  socket: { topics: [], pongMs: undefined, error: 'status 503', status: 503 },
};
const ports = (setting: string, holder: { program: string; pid: number }, container?: string) => ({
  ports: healthyFacts().ports.map((one) => (one.setting === setting ? { ...one, holder, container } : one)),
});

type Case = [
  what: string,
  id: string,
  facts: Partial<Facts>,
  detail: RegExp,
  fix: RegExp,
  env?: typeof EXTERNAL,
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
        clockMs: undefined,
      },
      containers: undefined,
    },
    /away/,
    /npm run up/,
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
    'a container is missing',
    'container-backend',
    without('backend'),
    /there is no container btc-watcher-backend/,
    /npm run deploy/,
  ],
  [
    'one is stopped',
    'container-nginx',
    withContainer('nginx', { status: 'exited', exitCode: 137, lastWords: 'bye' }),
    /exited \(exit code 137\); it last said: bye/,
    /docker start btc-watcher-nginx/,
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
    'one keeps ending',
    'container-frps',
    withContainer('frps', { status: 'restarting', exitCode: 1, restarts: 5 }),
    /keeps ending with exit code 1 \(5 restarts\)/,
    /^npm run deploy$/,
  ],
  [
    'one runs for a moment between its ends',
    'container-frpc',
    withContainer('frpc', { restarts: 9, startedAtMs: NOW_MS - 4_000 }),
    /keeps ending \(9 restarts\)/,
    /^npm run deploy$/,
  ],
  [
    'one keeps running out of memory',
    'container-backend',
    withContainer('backend', { status: 'restarting', exitCode: 137, restarts: 5, outOfMemory: true }),
    /keeps ending with exit code 137 \(5 restarts, out of memory\)/,
    /^npm run deploy$/,
  ],
  [
    'one is unhealthy',
    'container-backend',
    withContainer('backend', { health: 'unhealthy', healthOutput: 'curl: (22)' }),
    /health check fails: curl: \(22\)/,
    /docker restart/,
  ],
  [
    'its health is no longer checked',
    'health-checks-nginx',
    withContainer('nginx', { lastHealthCheckMs: NOW_MS - 600_000 }),
    /was 10 min ago, they are due each 2 s/,
    /docker restart btc-watcher-nginx/,
  ],
  [
    'a full disk has cut a line of its log short',
    'log-readable-frpc',
    withContainer('frpc', { logReadable: false }),
    /all that came after it is hidden/,
    /^sudo sh -c 'truncate --size 0 \/var\/lib\/docker\/containers\/frpc\/frpc-json\.log\*' && docker restart btc-watcher-frpc$/,
  ],
  [
    'docker-proxy has few descriptors',
    'docker-proxy',
    { proxyDescriptors: 1024 },
    /take 15000 descriptors, docker-proxy has 1024/,
    /BTCW_MAX_CONNECTIONS=153/,
  ],
  [
    'a rule of the firewall is in the way',
    'firewall-backend',
    {
      inside: { ...healthyFacts().inside, backend: { status: 0, ms: 0, curl: 28 } },
      firewallRules: ['-t raw -A PREROUTING -i docker0 -p tcp -m tcp --dport 8000 -j DROP'],
    },
    /firewall is in the way/,
    /^sudo iptables -t raw -D PREROUTING -i docker0 .*--dport 8000 -j DROP$/,
  ],
  [
    'ufw is in the way',
    'firewall-frontend',
    { inside: { ...healthyFacts().inside, frontend: { status: 0, ms: 0, curl: 28 } }, ufw: true },
    /firewall/,
    /ufw allow in on docker0 to 172\.17\.0\.1 port 3000/,
  ],
  [
    'the backend is not at the gateway',
    'backend-at-gateway',
    {
      inside: { ...healthyFacts().inside, backend: { status: 0, ms: 0, curl: 7 } },
      backendAtGateway: REFUSED,
    },
    /but not at 172\.17\.0\.1:8000/,
    /npm run deploy/,
  ],
  [
    'the backend answers nobody',
    'backend-at-gateway',
    {
      inside: { ...healthyFacts().inside, backend: { status: 0, ms: 0, curl: 28 } },
      backendAtGateway: REFUSED,
      backend: REFUSED,
    },
    /browsers get 502/,
    /docker restart btc-watcher-backend/,
  ],
  [
    'the backend answers 500',
    'backend-at-gateway',
    { inside: { ...healthyFacts().inside, backend: { status: 500, ms: 1, curl: 0 } } },
    /answers 500/,
    /docker restart/,
  ],
  [
    'nginx refuses its configuration',
    'nginx-config',
    { nginx: undefined, nginxRefuses: 'nginx: [emerg] no' },
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
    conf('proxy_set_header Upgrade $http_upgrade;', ''),
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
    /proxy_read_timeout is 5 s, the heartbeat comes each 10 s/,
    /^npm run deploy$/,
  ],
  [
    'nginx asks elsewhere',
    'nginx-upstreams',
    conf('server 172.17.0.1:8000', 'server host.docker.internal:8000'),
    /location \/api asks host\.docker\.internal:8000/,
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
    'Vite refuses foreign hosts',
    'vite-hosts',
    { foreignHost: answer(403) },
    /allowedHosts/,
    /^npm run deploy$/,
  ],
  [
    'the Vite of an image of the user refuses them',
    'vite-hosts',
    { foreignHost: answer(403), ...withSettings({ BTCW_FRONTEND_IMAGE: 'my/app:1' }) },
    /allowedHosts/,
    /^sed -i .* && docker build --tag my\/app:1 your\/frontend && npm run deploy$/,
  ],
  [
    'the Vite of a folder of the user refuses them',
    'vite-hosts',
    { foreignHost: answer(403), ...withSettings({ BTCW_FRONTEND_CONTEXT: '/my/app' }) },
    /allowedHosts/,
    /^sed -i .* \/my\/app\/vite\.config\.\* && npm run deploy$/,
  ],
  [
    'the password is another',
    'login',
    { login: answer(401), token: undefined, socket: undefined },
    /refuses user admin/,
    /npm run deploy/,
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
    'nginx is full, and docker-proxy bears no more',
    'connections',
    { ...FULL, proxyDescriptors: 16_000 },
    /the host bears no more/,
    /^docker restart btc-watcher-nginx$/,
  ],
  [
    'nginx is full, and there is no docker-proxy',
    'connections',
    { ...FULL, proxyDescriptors: undefined },
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
    'the backend takes no more WebSockets',
    'websocket',
    { socket: FULL.socket },
    /gets 503, not 101/,
    /docker restart btc-watcher-backend/,
  ],
  [
    'nothing is pushed',
    'silent',
    { socket: { topics: [], pongMs: undefined, error: '', status: 101 } },
    /nor is a ping answered/,
    /docker restart btc-watcher-backend/,
  ],
  [
    'no pong comes',
    'silent',
    { socket: { topics: ['signals'], pongMs: undefined, error: '', status: 101 } },
    /no pong/,
    /docker restart/,
  ],
  [
    "the frp server's name is unknown",
    'frp-name',
    { frpServer: { resolved: false, connectMs: undefined, error: '' } },
    /no name server knows frp\.example\.org/,
    /BTCW_FRP_SERVER_ADDR/,
    EXTERNAL,
  ],
  [
    'frps is away',
    'frp-server',
    { frpServer: { resolved: true, connectMs: undefined, error: 'ECONNREFUSED' } },
    /nothing listens on frp\.example\.org:7000/,
    /restart frps/,
    EXTERNAL,
  ],
  [
    "the server's firewall is closed",
    'frp-server',
    { frpServer: { resolved: true, connectMs: undefined, error: 'ETIMEDOUT' } },
    /firewall/,
    /ufw allow 7000\/tcp/,
    EXTERNAL,
  ],
  ['the frp token is refused', 'frp-token', tunnelDown('token'), /refuses the token/, /^npm run deploy$/],
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
    /not of the CA in \/my\/ca\.pem \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    /^scp frp\.example\.org:\S+ \/my\/ca\.pem && npm run deploy$/,
  ],
  [
    'frpc has another CA than the file has by now',
    'frp-certificate',
    certificate('', ['frp.example.org']),
    /fits \/my\/ca\.pem: that has changed since the last deploy/,
    /^npm run deploy$/,
  ],
  [
    'the certificate is for another name',
    'frp-certificate',
    certificate('ERR_TLS_CERT_ALTNAME_INVALID', ['*.example.com', 'frp.example.com']),
    /is for \*\.example\.com, frp\.example\.com, not for frp\.example\.org/,
    /BTCW_FRP_SERVER_ADDR=frp\.example\.com/,
  ],
  [
    'the certificate has no name',
    'frp-certificate',
    certificate('ERR_TLS_CERT_ALTNAME_INVALID', []),
    /for no name at all \(subjectAltName\)/,
    /BTCW_FRP_TLS_CA_FILE=.*d' \.env && npm run deploy/,
  ],
  [
    'the certificate has expired',
    'frp-certificate',
    certificate('CERT_HAS_EXPIRED', ['frp.example.org']),
    /has expired/,
    /^ssh frp\.example\.org sudo systemctl restart frps$/,
  ],
  [
    'a CA is set for the embedded server',
    'frp-certificate',
    {
      ...certificate('DEPTH_ZERO_SELF_SIGNED_CERT', []),
      ...withSettings({ BTCW_FRP_TLS_CA_FILE: '/my/ca.pem' }),
    },
    /no CA file fits it/,
    /BTCW_FRP_TLS_CA_FILE=.*d' \.env && npm run deploy/,
  ],
  [
    'another program listens where the frp server should, on a port of its own',
    'tunnel',
    {
      ...tunnelDown('no-frps'),
      ...withSettings({ BTCW_FRP_SERVER_ADDR: 'frp.example.org', BTCW_FRP_SERVER_PORT: 443 }),
    },
    /the reason/,
    /BTCW_FRP_SERVER_PORT=7000/,
  ],
  [
    'the server hangs up for another reason',
    'tunnel',
    tunnelDown('hung-up'),
    /the reason/,
    /docker restart btc-watcher-frpc/,
  ],
  [
    'remote does not work',
    'public-port',
    { remote: answer(0, 'no answer within 1.5 s') },
    /local works .* does not/,
    /ssh frp\.example\.org sudo ufw allow 60001\/tcp/,
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
        greeting: { heartbeatSec: 10, clockMs: NOW_MS + HOUR_MS },
      },
    },
    /60 min behind that of the backend/,
    /set-ntp/,
  ],
];

describe('doctor', () => {
  it('finds nothing wrong with a healthy deployment, and could look at everything', () => {
    expect(diagnose(healthyFacts()).filter(({ level }) => level !== 'ok')).toEqual([]);
  });

  it.each(FAILURES)(
    'fails when %s: exactly %s, with cause and fix',
    (_what, id, changes, detail, fix, env) => {
      const failures = diagnose(healthyFacts(changes, env)).filter(({ ok }) => !ok);
      expect(failures.map((one) => one.id)).toEqual([id]);
      expect(failures[0]?.detail).toMatch(detail);
      expect(failures[0]?.fix).toMatch(fix);
    },
  );

  it('never fails for want of a fact', () => {
    const nothing = {
      containers: undefined,
      bridgeGateway: undefined,
      proxyDescriptors: undefined,
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

  it('says of what it did not look at which finding it follows from', () => {
    const findings = diagnose(healthyFacts(withContainer('backend', { status: 'exited' })));
    const silent = findings.find(({ id }) => id === 'silent');
    expect(silent).toMatchObject({ level: 'skipped', ok: true });
    expect(silent?.detail).toContain('follows from "backend is running and healthy"');
  });

  it('fails when a port is taken while its container is down, by whom, and never tells to end Docker', () => {
    const down = withContainer('nginx', { status: 'exited' });
    const failing = (changes: Partial<Facts>) => diagnose(healthyFacts(changes)).filter(({ ok }) => !ok);
    const python = failing({ ...down, ...ports('BTCW_NGINX_PORT', { program: 'python3', pid: 4711 }) });
    expect(python).toMatchObject([
      {
        id: 'port-nginx',
        detail: 'python3 (process 4711) has 127.0.0.1:8501',
        fix: 'kill 4711 && npm run deploy',
      },
    ]);
    const other = failing({
      ...down,
      ...ports('BTCW_NGINX_PORT', { program: 'docker-proxy', pid: 7 }, 'shop'),
    });
    expect(other).toMatchObject([{ id: 'port-nginx', fix: 'docker stop shop && npm run deploy' }]);
    const own = failing({ ...down, ...ports('BTCW_NGINX_PORT', { program: 'dockerd', pid: 1 }) });
    expect(own.map(({ id }) => id)).toEqual(['container-nginx']);
    const unseen = failing({ ...down, ...ports('BTCW_NGINX_PORT', { program: '', pid: 0 }) });
    expect(unseen[0]?.fix).toBe('sudo ss -ltnp sport = :8501');
    // Without root, the embedded server's own socket cannot be told from another's.
    expect(failing(ports('BTCW_FRP_SERVER_PORT', { program: '', pid: 0 }))).toEqual([]);
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
    const taken = ports('BTCW_FRP_REMOTE_PORT', { program: 'nc', pid: 5 });
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

    it('of a log without a bound, one that is over it, and a disk that fills', () => {
      expect(warnings(withContainer('frpc', { logBoundBytes: undefined }))).toMatchObject([
        { id: 'log-size-frpc', fix: 'npm run deploy' },
      ]);
      expect(warnings(withContainer('nginx', { logBytes: 1e9 }))).toMatchObject([
        { id: 'log-size-nginx', fix: 'docker rm --force btc-watcher-nginx && npm run deploy' },
      ]);
      expect(warnings({ disk: { freeBytes: 8e9, totalBytes: 1e11 } })).toMatchObject([{ id: 'disk-soon' }]);
    });
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

  it('the names in a certificate', () => {
    expect(namesOf('DNS:frp.example.org, IP Address:192.0.2.1')).toEqual(['frp.example.org', '192.0.2.1']);
    expect(namesOf('')).toEqual([]);
  });

  it('sizes, spans and lines from a moment on', () => {
    expect(logBound({ 'max-size': '10m', 'max-file': '3' })).toBe(30 * 1024 ** 2);
    expect(logBound({})).toBeUndefined();
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
