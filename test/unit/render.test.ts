import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { renderFrpcToml, renderFrpsToml } from '../../stacks/render/frp-toml.ts';
import { renderNginxConf } from '../../stacks/render/nginx-conf.ts';
import { renderNginxZones } from '../../stacks/render/nginx-reload.ts';

const upstreams = [
  { service: 'backend', address: '172.17.0.1:8000', paths: ['/api'], healthPath: '/health' },
  { service: 'frontend', address: '172.17.0.1:3000', paths: ['/'], healthPath: '/' },
];
const limits = {
  BTCW_MAX_BODY: '25m',
  BTCW_MAX_CONNECTIONS: 2500,
  BTCW_MAX_CLIENT_CONNECTIONS: 250,
  BTCW_MAX_CLIENT_LOGINS: 60,
  BTCW_TRUSTED_FRONTS: [],
};
const behind = { port: 8501, gateway: '172.17.0.1', upstreams };
const nginx = renderNginxConf(limits, { ...behind, tunnelPort: 8506, loginPath: '/api/v1/auth/token' });
const withoutTunnel = renderNginxConf(limits, behind);
/** Text of a configuration with single spaces. */
const flat = (conf: string) => conf.replace(/\s+/g, ' ');

/** The directives inside a block, without comments and indentation. */
function block(conf: string, head: string): string[] {
  const start = conf.indexOf(`${head} {`);
  expect(start, head).toBeGreaterThan(-1);
  const body = conf.slice(start + head.length + 2, conf.indexOf('\n        }', start));
  return body
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().replace(/\s+/g, ' '))
    .filter(Boolean);
}

describe('nginx.conf', () => {
  it('upgrades to WebSocket, and to nothing else', () => {
    expect(flat(nginx)).toContain(
      'map $http_upgrade $connection_upgrade { default close; websocket upgrade; }',
    );
    expect(flat(nginx)).toContain(
      "map $http_upgrade $websocket_upgrade { default ''; websocket websocket; }",
    );
  });

  it("reaches both upstreams at the bridge's gateway, never at host.docker.internal", () => {
    expect(flat(nginx)).toContain('upstream frontend { server 172.17.0.1:3000; }');
    expect(flat(nginx)).toContain('upstream backend { server 172.17.0.1:8000; }');
    expect(nginx).not.toContain('host.docker.internal');
  });

  it.each([
    'proxy_http_version 1.1;',
    'proxy_set_header Upgrade $websocket_upgrade;',
    'proxy_set_header Connection $connection_upgrade;',
    'proxy_connect_timeout 60s;',
    'proxy_send_timeout 3600s;',
    'proxy_read_timeout 3600s;',
    'proxy_buffering off;',
  ])('has "%s" for every location, none of which has another', (directive) => {
    const [name = '', header = ''] = directive.split(' ');
    const isHeader = name === 'proxy_set_header';
    expect(block(nginx, '    server')).toContain(directive);
    expect(nginx.split(isHeader ? `${name} ${header}` : name)).toHaveLength(2);
  });

  it.each([
    ['= /api', 'backend'],
    ['/api/', 'backend'],
    ['/', 'frontend'],
  ])('sends %s to the %s', (location, service) => {
    expect(block(nginx, `location ${location}`)).toEqual([`proxy_pass http://${service};`]);
  });

  it('sends a path exactly and with what is below it, and all to a service at "/"', () => {
    const locations = (...paths: string[]) => {
      const [backend] = upstreams.map((upstream) => ({ ...upstream, paths }));
      const conf = renderNginxConf(limits, { ...behind, upstreams: backend ? [backend] : [] });
      return [...conf.matchAll(/location (.*) \{\n *proxy_pass/g)].map(([, location]) => location);
    };
    expect(locations('/docs', '/openapi.json')).toEqual([
      '= /docs',
      '/docs/',
      '= /openapi.json',
      '/openapi.json/',
    ]);
    expect(locations('/')).toEqual(['/']);
  });

  it('refuses a body that is larger than the setting', () => {
    expect(nginx).toContain('client_max_body_size 25m;');
  });

  it('logs the path and never the query string, which carries the token', () => {
    expect(nginx).toContain('"$request_method $logged_path $server_protocol" $status');
    expect(nginx).not.toMatch(/\$(request|request_uri|args|query_string|http_referer)\b/);
  });

  it('counts connections in a zone for each limit, which a script writes', () => {
    expect(nginx).toContain('include /tmp/zones*.conf;');
    for (const [, name] of nginx.matchAll(/limit_conn (\w+) /g)) {
      expect(renderNginxZones()).toContain(`zone=${name}:`);
    }
  });

  it('refuses connections beyond the limit with 503, and has slots for both sides of each below it', () => {
    expect(nginx).toContain('limit_conn gateway 2500;');
    expect(nginx).toContain('limit_conn_status 503;');
    const slots = (conf: string) => Number(/worker_connections (\d+);/.exec(conf)?.[1]);
    expect(slots(withoutTunnel)).toBeGreaterThanOrEqual(5000);
    // The limit is of each port, and there is more than that in all.
    expect(nginx).toContain('limit_conn all 2750;');
    expect(slots(nginx)).toBeGreaterThan(5500);
  });

  it('limits the connections and the logins of one client, but of no program of this host or of the frp server', () => {
    expect(flat(nginx)).toContain("map $visitor $client { default $visitor; 127.0.0.1 ''; 172.17.0.1 ''; }");
    expect(nginx).toContain('limit_conn client 250;');
    expect(flat(nginx)).toContain(`map $uri $login_client { default ''; "/api/v1/auth/token" $client; }`);
    expect(nginx).toMatch(/limit_req_zone \$login_client zone=login:\w+ rate=60r\/m;/);
    expect(nginx).toContain('limit_req zone=login burst=60 nodelay;');
    expect(nginx).toContain('limit_req_status 429;');
  });

  it('limits no logins where their path is not known, and takes a path as it is', () => {
    expect(withoutTunnel).not.toMatch(/login_client|limit_req/);
    const conf = renderNginxConf(limits, { ...behind, loginPath: '/a"b\\c?d=e' });
    expect(conf).toContain('"/a\\"b\\\\c" $client;');
  });

  it('says who the client is, whatever the client says, and has a host for HTTP/1.0', () => {
    const headers = Object.fromEntries(
      [...nginx.matchAll(/proxy_set_header (\S+) (\S+);/g)].map(([, name, value]) => [name, value]),
    );
    expect(headers).toEqual({
      Connection: '$connection_upgrade',
      Upgrade: '$websocket_upgrade',
      Host: '$request_host',
      'X-Real-IP': '$visitor',
      'X-Forwarded-For': '$visitor',
      'X-Forwarded-Proto': '$visitor_scheme',
      Forwarded: "''",
      'X-Forwarded-Host': "''",
      'X-Forwarded-Port': "''",
      'X-Forwarded-Prefix': "''",
      'X-Forwarded-Server': "''",
    });
    expect(flat(nginx)).toContain("map $http_host $request_host { default $http_host; '' $host; }");
  });

  it('believes no other proxy of the visitor, but those that are named', () => {
    const fronts = (conf: string) => /geo \$is_front \{([^}]*)\}/.exec(conf)?.[1]?.trim().split(/;\s*/);
    expect(fronts(nginx)).toEqual(['default 0', '']);
    const conf = renderNginxConf({ ...limits, BTCW_TRUSTED_FRONTS: ['10.0.0.0/8', '2001:db8::1'] }, behind);
    expect(fronts(conf)).toEqual(['default 0', '10.0.0.0/8 1', '2001:db8::1 1', '']);
  });

  it("listens on the gateway port, for the tunnel's client, and for its own health on loopback only", () => {
    const listens = (conf: string) => [...conf.matchAll(/listen ([^;]+);/g)].map((match) => match[1]);
    expect(listens(nginx)).toEqual(['8501', '8506 proxy_protocol', '127.0.0.1:8502']);
    expect(listens(withoutTunnel)).toEqual(['8501', '127.0.0.1:8502']);
  });

  it('believes addresses that are handed on where the programs of this host come from alone', () => {
    expect(
      [...nginx.matchAll(/(set_real_ip_from|real_ip_header) ([^;]+);/g)].map((match) => match[2]),
    ).toEqual(['172.17.0.1', 'proxy_protocol']);
    expect(withoutTunnel).not.toContain('real_ip');
  });
});

const frpc = {
  serverAddr: '47.108.221.231',
  serverPort: 7000,
  proxyName: 'freq-service',
  localIP: '127.0.0.1',
  localPort: 8501,
  remotePort: 60001,
};

describe('frpc.toml', () => {
  it.each([
    '[[proxies]]',
    'name = "freq-service"',
    'type = "tcp"',
    'localIP = "127.0.0.1"',
    'localPort = 8501',
    'remotePort = 60001',
    'loginFailExit = false',
  ])('has the line %s', (line) => {
    expect(renderFrpcToml(frpc).split('\n')).toContain(line);
  });

  it('has the protocol and tcpMux where they are not the usual ones', () => {
    const transport = (props: object) => parse(renderFrpcToml({ ...frpc, ...props })).transport;
    expect(transport({ protocol: 'tcp', tcpMux: true })).toBeUndefined();
    expect(transport({ protocol: 'quic', tcpMux: false })).toEqual({ protocol: 'quic', tcpMux: false });
  });

  it('takes the token from a file', () => {
    expect(parse(renderFrpcToml(frpc)).auth).toEqual({
      method: 'token',
      tokenSource: { type: 'file', file: { path: '/etc/frp/token' } },
      additionalScopes: ['HeartBeats', 'NewWorkConns'],
    });
  });

  it('leaves heartbeats unset, since with tcpMux they cut connections', () => {
    expect(renderFrpcToml(frpc)).not.toMatch(/heartbeat(Interval|Timeout)/i);
  });

  it("checks the server's certificate only where a CA is given", () => {
    expect(parse(renderFrpcToml(frpc)).transport).toBeUndefined();
    expect(parse(renderFrpcToml({ ...frpc, trustedCaFile: 'ca.pem' })).transport).toEqual({
      tls: { trustedCaFile: '/etc/frp/ca.pem' },
    });
    const pinned = { ...frpc, trustedCaFile: 'server.pem', serverName: 'frp.example.org' } as const;
    expect(parse(renderFrpcToml(pinned)).transport).toEqual({
      tls: { trustedCaFile: '/etc/frp/server.pem', serverName: 'frp.example.org' },
    });
  });

  it('has the lines of the hand-made set-up alone without the PROXY protocol, and one more with it', () => {
    const proxy = (toml: string) => toml.slice(toml.indexOf('[[proxies]]')).split('\n').filter(Boolean);
    const lines = [
      '[[proxies]]',
      'name = "freq-service"',
      'type = "tcp"',
      'localIP = "127.0.0.1"',
      'localPort = 8501',
      'remotePort = 60001',
    ];
    expect(proxy(renderFrpcToml(frpc))).toEqual(lines);
    expect(proxy(renderFrpcToml({ ...frpc, proxyProtocol: 'v2' }))).toEqual([
      ...lines,
      '[proxies.transport]',
      'proxyProtocolVersion = "v2"',
    ]);
  });

  it('keeps a value with quotes a value', () => {
    const proxies = parse(renderFrpcToml({ ...frpc, proxyName: 'a"\nb' })).proxies as { name: string }[];
    expect(proxies[0]?.name).toBe('a"\nb');
  });
});

describe('frps.toml', () => {
  it('listens on loopback alone, and allows the one remote port', () => {
    const toml = parse(renderFrpsToml({ bindPort: 7000, remotePort: 60001 }));
    expect([toml.bindAddr, toml.proxyBindAddr]).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(toml.allowPorts).toEqual([{ single: 60001 }]);
  });
});
