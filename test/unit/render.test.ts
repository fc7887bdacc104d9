import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { renderFrpcToml, renderFrpsToml } from '../../stacks/render/frp-toml.ts';
import { renderNginxConf } from '../../stacks/render/nginx-conf.ts';

const upstreams = [
  { service: 'backend', address: '172.17.0.1:8000', paths: ['/api'], healthPath: '/health' },
  { service: 'frontend', address: '172.17.0.1:3000', paths: ['/'], healthPath: '/' },
];
const nginx = renderNginxConf({ BTCW_MAX_BODY: '25m', BTCW_MAX_CONNECTIONS: 2500 }, 8501, upstreams);

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
  it('maps the Upgrade header to the Connection header', () => {
    expect(nginx.replace(/\s+/g, ' ')).toContain(
      "map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
    );
  });

  it("reaches both upstreams at the bridge's gateway, never at host.docker.internal", () => {
    const flat = nginx.replace(/\s+/g, ' ');
    expect(flat).toContain('upstream frontend { server 172.17.0.1:3000; }');
    expect(flat).toContain('upstream backend { server 172.17.0.1:8000; }');
    expect(nginx).not.toContain('host.docker.internal');
  });

  it.each([
    'proxy_pass http://backend;',
    'proxy_http_version 1.1;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $connection_upgrade;',
    'proxy_connect_timeout 60s;',
    'proxy_send_timeout 3600s;',
    'proxy_read_timeout 3600s;',
    'proxy_buffering off;',
  ])('location /api has "%s"', (directive) => {
    expect(block(nginx, 'location /api')).toContain(directive);
  });

  it.each([
    'proxy_pass http://frontend;',
    'proxy_http_version 1.1;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $connection_upgrade;',
    'proxy_buffering off;',
  ])('location / has "%s"', (directive) => {
    expect(block(nginx, 'location /')).toContain(directive);
  });

  it('refuses a body that is larger than the setting', () => {
    expect(nginx).toContain('client_max_body_size 25m;');
  });

  it('logs the path and never the query string, which carries the token', () => {
    expect(nginx).toContain('"$request_method $uri $server_protocol" $status');
    expect(nginx).not.toMatch(/\$(request|request_uri|args|query_string|http_referer)\b/);
  });

  it('refuses connections beyond the limit with 503, and has slots for both sides of each below it', () => {
    expect(nginx).toContain('limit_conn gateway 2500;');
    expect(nginx).toContain('limit_conn_status 503;');
    expect(Number(/worker_connections (\d+);/.exec(nginx)?.[1])).toBeGreaterThanOrEqual(5000);
  });

  it('listens on the gateway port, and for its own health on loopback only', () => {
    expect([...nginx.matchAll(/listen ([^;]+);/g)].map((match) => match[1])).toEqual([
      '8501',
      '127.0.0.1:8502',
    ]);
  });
});

const frpc = {
  serverAddr: '47.108.221.231',
  serverPort: 7000,
  checkServer: false,
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

  it('takes the token from a file', () => {
    expect(parse(renderFrpcToml(frpc)).auth).toEqual({
      method: 'token',
      tokenSource: { type: 'file', file: { path: '/etc/frp/token' } },
    });
  });

  it('leaves heartbeats unset, since with tcpMux they cut connections', () => {
    expect(renderFrpcToml(frpc)).not.toMatch(/heartbeat/i);
  });

  it("checks the server's certificate only where a CA is given", () => {
    expect(parse(renderFrpcToml(frpc)).transport).toBeUndefined();
    expect(parse(renderFrpcToml({ ...frpc, checkServer: true })).transport).toEqual({
      tls: { trustedCaFile: '/etc/frp/ca.pem' },
    });
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
