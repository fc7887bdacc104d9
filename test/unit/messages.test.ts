import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { PROVIDER } from '../../scripts/bootstrap/engine.mjs';
import { soakSeconds } from '../../scripts/commands/verify.ts';
import { bridgeFacts, localAddresses, zoneOf } from '../../scripts/deployment/host.ts';
import { disk } from '../../scripts/deployment/settings.ts';
import { explain } from '../../scripts/deployment/terraform.ts';
import { outlook, readTunnelLog } from '../../scripts/deployment/tunnel.ts';
import { engineError } from '../../scripts/docker/client.ts';
import { commandError } from '../../scripts/lib/programs.ts';
import { PROVIDER_SOURCE, PROVIDER_VERSION } from '../../stacks/provider.ts';
import { parseSettings } from '../../stacks/settings/parse.ts';

describe('an engine that does not answer', () => {
  it('is reported as away, with the command that starts it', () => {
    const output =
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
    expect(engineError(output)?.message).toMatch(/does not answer[\s\S]*npm run up/);
  });

  it('is reported as refusing this user, with the group to join', () => {
    const output =
      'Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock';
    expect(engineError(output)?.message).toMatch(/refuses this user[\s\S]*usermod -aG docker/);
  });

  it('is not blamed for other failures', () => {
    expect(engineError('Error: No such container: x')).toBeUndefined();
  });
});

describe("terraform's diagnostics", () => {
  const error = (summary: string, detail: string) => [{ severity: 'error', summary, detail }];

  it('name who holds the lock', () => {
    const detail = `resource temporarily unavailable
Lock Info:
  ID:        0ad8b6dd
  Path:      /x/terraform.btc-watcher.tfstate
  Operation: OperationTypeApply
  Who:       root@home
  Version:   1.11.4
  Created:   2026-11-22 17:40:12.123456 +0000 UTC
  Info:      `;
    expect(explain('btc-watcher', error('Error acquiring the state lock', detail)).message).toBe(
      'Another run holds the lock of "btc-watcher": "apply" by root@home, since 2026-11-22 17:40:12 +0000 UTC. Nothing was changed.\n  Fix: wait until it has ended, then run this again.',
    );
  });

  it("name a container that is in the way but is not this deployment's", () => {
    const detail = 'Conflict. The container name "/btc-watcher-nginx" is already in use by container "abc".';
    expect(explain('btc-watcher', error('Unable to create container', detail)).message).toMatch(
      /btc-watcher-nginx exists[\s\S]*docker rm -f btc-watcher-nginx/,
    );
  });

  it("carry a failed program's own last lines", () => {
    const detail = 'nginx: [emerg] unknown directive "proxy_pas" in /etc/nginx/nginx.conf:60';
    expect(explain('x', error('local-exec provisioner error', detail)).message).toContain(detail);
  });
});

describe('the gateway of the default bridge', () => {
  it('is read where Docker lists it, and is the first address of the subnet where it does not', () => {
    const inspection = (config: { Subnet: string; Gateway?: string }, options?: Record<string, string>) => ({
      Name: 'bridge',
      IPAM: { Config: [config] },
      ...(options && { Options: options }),
    });
    expect(bridgeFacts(inspection({ Subnet: '172.20.0.0/16', Gateway: '172.20.0.254' }))).toMatchObject({
      bridgeGateway: '172.20.0.254',
      bridgeSubnet: '172.20.0.0/16',
    });
    expect(bridgeFacts(inspection({ Subnet: '172.17.0.0/16' }))).toMatchObject({
      bridgeGateway: '172.17.0.1',
      bridgeDevice: 'docker0',
    });
    const own = { 'com.docker.network.bridge.name': 'br0' };
    expect(bridgeFacts(inspection({ Subnet: '172.17.0.0/16' }, own)).bridgeDevice).toBe('br0');
  });

  it('fails when Docker runs without a default bridge, and says what to change', () => {
    expect(() => bridgeFacts({ Name: 'bridge', IPAM: { Config: [] } })).toThrow(/"bridge": "none"/);
  });
});

describe("the host's addresses", () => {
  it('are those that the kernel takes for its own, once each, and no networks or broadcasts', () => {
    const table = `
        +-- 172.17.0.0/31 1 0 0
           |-- 172.17.0.0
              /16 link UNICAST
           |-- 172.17.0.1
              /32 link UNICAST
              /32 host LOCAL
        |-- 172.17.255.255
           /32 link BROADCAST
        |-- 127.0.0.0
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
`;
    expect(localAddresses(`Main:${table}Local:${table}`)).toEqual(['172.17.0.1', '127.0.0.1']);
  });
});

describe("the host's time zone", () => {
  it.each([
    ['/usr/share/zoneinfo/Asia/Shanghai', 'Asia/Shanghai'],
    ['../usr/share/zoneinfo/America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['/usr/share/zoneinfo/Etc/GMT+8', 'Etc/GMT+8'],
    ['/somewhere/localtime', undefined],
  ])('of the link %s is %s', (link, zone) => {
    expect(zoneOf(link)).toBe(zone);
  });
});

describe('a program that failed', () => {
  it('is reported with its first line and its output, not with the script it was handed', async () => {
    const script = `echo why >&2; exit 3 # ${'x'.repeat(300)}\necho never`;
    const error = await execa('sh', ['-c', script]).catch((thrown: unknown) => thrown);
    const [first = '', ...rest] = commandError('Trying it', error, 'repair it').message.split('\n');
    expect(first).toMatch(/^Trying it: "sh -c echo why .{100,200} …" failed\.$/);
    expect(rest).toEqual(['    why', '  Fix: repair it']);
  });
});

describe("the tunnel's state", () => {
  const settings = parseSettings({ BTCW_FRP_SERVER_ADDR: 'frp.example.org' }, '', disk);
  const log = (...lines: string[]) => readTunnelLog(lines.join('\n'), settings);
  const success = '[I] [client/control.go:168] [freq-service] start proxy success';

  it('is up after success', () => {
    expect(log(success)).toMatchObject({ up: true, reason: '', cause: undefined });
  });

  it('is what the last line says: down after a later failure, up after a later success', () => {
    const refused = 'connect to server error: dial tcp 192.0.2.1:7000: connect: connection refused';
    expect(log(success, refused).up).toBe(false);
    expect(log(refused, success).up).toBe(true);
  });

  it.each([
    [
      'connect to server error: dial tcp 192.0.2.1:7000: connect: connection refused',
      /nothing listens on frp\.example\.org:7000/,
    ],
    ['connect to server error: dial tcp 192.0.2.1:7000: i/o timeout', /does not answer/],
    ['connect to server error: lookup frp.example.org: no such host', /name frp\.example\.org is not known/],
    [
      "login to the server failed: token in login doesn't match token from configuration",
      /BTCW_FRP_TOKEN_FILE/,
    ],
    ['[freq-service] start error: proxy [freq-service] already exists', /BTCW_FRP_PROXY_NAME/],
    ['[freq-service] start error: port already used', /BTCW_FRP_REMOTE_PORT/],
    ['[freq-service] start error: port not allowed', /allowPorts/],
    ['connect to server error: session shutdown', /frp\.example\.org:7000 closed the connection/],
    [
      'connect to server error: tls: first record does not look like a TLS handshake',
      /frp\.example\.org:7000 is not an frp server/,
    ],
  ])('after "%s" names the cause', (line, reason) => {
    expect(log(line)).toMatchObject({ up: false, reason: expect.stringMatching(reason) });
  });

  it.each([
    ['connect: connection refused', /comes up by itself/],
    ['dial tcp 192.0.2.1:7000: i/o timeout', /comes up by itself/],
    ['lookup frp.example.org: no such host', /comes up by itself/],
    ["token in login doesn't match token from configuration", /stays down until/],
    ['[freq-service] start error: proxy [freq-service] already exists', /stays down until/],
    ['[freq-service] start error: port already used', /stays down until/],
    ['[freq-service] start error: port not allowed', /stays down until/],
  ])('after "%s" is promised to come back only where it does', (line, sentence) => {
    expect(outlook(log(line))).toMatch(sentence);
  });

  it('names the certificate where one is checked and the server closes the connection', () => {
    const checking = { ...settings, BTCW_FRP_TLS_CA_FILE: '/my/ca.pem' };
    expect(readTunnelLog('connect to server error: session shutdown', checking).reason).toMatch(
      /certificate does not fit BTCW_FRP_TLS_CA_FILE/,
    );
  });
});

describe('the time of a soak', () => {
  it.each([
    ['90s', 90],
    ['5m', 300],
    ['7', 7],
  ])('of %s is %i seconds', (text, seconds) => {
    expect(soakSeconds(text)).toBe(seconds);
  });

  it.each(['', '0s', 'long', '1h', '-5s'])('fails when it is "%s"', (text) => {
    expect(() => soakSeconds(text)).toThrow(/--soak: should be a time such as "90s"/);
  });
});

describe("the provider's version", () => {
  it('is the same where bootstrap installs it and where the stack asks for it', () => {
    expect(PROVIDER).toEqual({ source: PROVIDER_SOURCE, version: PROVIDER_VERSION });
  });
});
