/** A real frp server and whoever is between it and this host: docs/decisions/0017-frp-certificate.md */
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { TUNNEL_DOWN_EXIT_CODE } from '../../scripts/deployment/report.ts';
import { type CertificateFiles, makeCertificate, secured } from '../support/certificates.ts';
import { docker, eventually, TestDeployment } from '../support/deployment.ts';
import { doctorOf, ids } from '../support/doctor.ts';
import { imageOf } from '../support/topology.ts';

const folder = mkdtempSync(join(tmpdir(), 'btcw-pin-'));
const path = (name: string) => join(folder, name);
const fingerprint = ({ cert }: CertificateFiles) => new X509Certificate(readFileSync(cert)).fingerprint256;

const deployment = new TestDeployment('btcw-pin', {
  BTCW_FRP_SERVER_ADDR: '127.0.0.1',
  BTCW_FRP_TOKEN_FILE: path('token'),
});
const port = Number(deployment.settings.BTCW_FRP_SERVER_PORT);
const REAL_PORT = port + 5;
const SERVER = 'btcw-pin-server';
const pinFile = `${deployment.secretsFolder}/frp-server-127.0.0.1-${port}.pem`;
const doctor = doctorOf(deployment, ['disk-soon']);

/** The way to the server, with somebody on it. */
/** Doctor asks whether the server has tcpMux. */
const MUX_PING = '\0\x02\0\x01\0\0\0\0\0\0\0\x01';
const way = {
  /** The certificate of whoever listens in. @default - the connection is passed on as it is */
  middle: undefined as CertificateFiles | undefined,
  /** What could be read. */
  heard: '',
  sockets: new Set<Socket>(),
  /** Lets nobody or somebody listen in, from now on: what is open is cut. */
  cut(middle?: CertificateFiles) {
    this.middle = middle;
    this.heard = '';
    for (const socket of this.sockets) socket.destroy();
  },
};
const listener = createServer((socket) => {
  const next = connect({ host: '127.0.0.1', port: REAL_PORT });
  for (const end of [socket, next]) {
    way.sockets.add(end);
    end.on('error', () => end.destroy());
  }
  socket.on('close', () => next.destroy());
  next.on('close', () => socket.destroy());
  if (!way.middle) {
    socket.pipe(next).pipe(socket);
    return;
  }
  const secure = secured(socket, way.middle);
  const onwards = connectTls({ socket: next, rejectUnauthorized: false });
  onwards.on('error', () => {});
  secure.on('data', (chunk) => {
    way.heard += chunk.toString('latin1');
  });
  secure.pipe(onwards).pipe(secure);
});

/** Has the server show a certificate. @param files those that frps is given. @default - it makes one itself */
async function serve(files?: CertificateFiles): Promise<void> {
  if (files) {
    copyFileSync(files.cert, path('server.crt'));
    copyFileSync(files.key, path('server.key'));
  }
  const tls = 'transport.tls = { certFile = "/server/server.crt", keyFile = "/server/server.key" }\n';
  const token = readFileSync(path('token'), 'utf8');
  const address = `bindAddr = "127.0.0.1"\nbindPort = ${REAL_PORT}\nproxyBindAddr = "127.0.0.1"\n`;
  writeFileSync(path('frps.toml'), `${address}auth.token = "${token}"\n${files ? tls : ''}`);
  await docker('restart', '--time', '1', SERVER);
}

const deploy = (args: readonly string[] = [], settings: Record<string, string> = {}) =>
  deployment.run('deploy', args, settings);
const page = async () => (await fetch(`${deployment.public}/`).catch(() => undefined))?.status;

/** frpc may be waiting before it tries again: as long as 20 s. */
async function expectTunnel(): Promise<void> {
  await docker('restart', '--time', '1', deployment.container('frpc'));
  expect(await eventually(page, (status) => status === 200, 60_000)).toBe(200);
}

describe("a real server's certificate", () => {
  const made: Record<string, CertificateFiles> = {};
  const certificate = (name: string) => made[name] as CertificateFiles;

  beforeAll(async () => {
    await deployment.remove();
    await docker('rm', '--force', SERVER).catch(() => {});
    const names = 'IP:127.0.0.1';
    for (const name of ['first', 'second', 'stranger'])
      made[name] = await makeCertificate(folder, name, { names });
    made.ca = await makeCertificate(folder, 'ca', { subject: '/CN=Test CA' });
    const elsewhere = 'DNS:frp.example.org';
    made.elsewhere = await makeCertificate(folder, 'elsewhere', { names: elsewhere, ca: made.ca });
    for (const name of ['signed', 'renewed'])
      made[name] = await makeCertificate(folder, name, { names, ca: made.ca });
    writeFileSync(path('token'), 'a-token-of-the-tests', { mode: 0o600 });
    expect((await deployment.run('images', ['frps'], { BTCW_FRP_SERVER_ADDR: '' })).code).toBe(0);
    const mount = ['--user', '0:0', '--volume', `${folder}:/server:ro`, '--entrypoint', 'frps'];
    const args = ['--network', 'host', ...mount, imageOf('frps'), '-c', '/server/frps.toml'];
    await docker('create', '--name', SERVER, ...args);
    await new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    listener.close();
    way.cut();
    await docker('rm', '--force', SERVER).catch(() => {});
    await deployment.remove();
    rmSync(folder, { recursive: true });
  });

  it('is warned of where frps makes one at each start: whoever is in between reads the login', async () => {
    onTestFailed(() => deployment.printLogs());
    await serve();
    const { code, output } = await deploy();
    expect(code, output).toBe(0);
    expect(output).toMatch(
      /! frp server 127\.0\.0\.1:\d+: its certificate cannot be pinned: frps makes a new one/,
    );
    expect(output).toContain('-addext subjectAltName=IP:127.0.0.1');
    expect((await deployment.run('diff')).code).toBe(0);
    await doctor.expectWrong(['frp-trust']);
    const { stdout } = await deployment.run('doctor', [], { BTCW_LANG: 'zh' });
    expect(stdout).toContain('无法固定 frp 服务器的证书：没有给 frps 配置证书，它每次启动都会生成新的');

    way.cut(certificate('stranger'));
    await expectTunnel();
    expect(way.heard).toContain('privilege_key');
    way.cut();
    await expectTunnel();
  });

  it('is pinned where it stays, and nothing changes after that', async () => {
    await serve(certificate('first'));
    expect((await doctor.expectWrong(['frp-trust'], { deadlineMs: 60_000 })).warnings[0]?.detail).toContain(
      'not pinned yet',
    );
    const first = await deploy();
    expect(first.code, first.output).toBe(0);
    expect(first.output).toContain(
      `certificate pinned from now on, SHA-256 ${fingerprint(certificate('first'))}`,
    );
    expect(statSync(pinFile).mode & 0o777).toBe(0o600);
    expect((await deployment.run('diff')).code).toBe(0);
    const again = await deploy();
    expect([again.code, again.output]).toEqual([
      0,
      expect.stringContaining(
        `checked by its pinned certificate, SHA-256 ${fingerprint(certificate('first'))}`,
      ),
    ]);
    expect(again.output).toContain('Nothing changed');
    await doctor.expectHealthy();
  });

  it('fails when somebody is in between: frpc tells them nothing, deploy and doctor tell both fingerprints', async () => {
    onTestFailed(() => deployment.printLogs());
    const before = (await deployment.inspect('frpc')).Id;
    way.cut(certificate('stranger'));
    await docker('restart', '--time', '1', deployment.container('frpc'));
    const { failures } = await doctor.expectWrong(['frp-certificate'], { deadlineMs: 60_000 });
    const both = [certificate('first'), certificate('stranger')].map(fingerprint);
    expect(failures[0]?.detail).toMatch(new RegExp(`pinned: ${both[0]}, shown: ${both[1]}$`));
    const chinese = await deployment.run('doctor', [], { BTCW_LANG: 'zh' });
    expect(chinese.stdout).toContain(`已固定：${both[0]}，出示的：${both[1]}`);

    const { code, output } = await deploy();
    expect(code).toBe(1);
    expect(output).toContain(`pinned: ${both[0]}`);
    expect(output).toContain(`shown:  ${both[1]}`);
    expect(output).toContain('npm run deploy -- --accept-frp-certificate');
    expect((await deployment.inspect('frpc')).Id).toBe(before);
    // What this test itself has sent is no more than a handshake, and so is what frpc has.
    expect(way.heard.replaceAll(MUX_PING, '')).toBe('');
    way.cut();
    await expectTunnel();
    await doctor.expectHealthy();
  });

  it('is taken for a new one on demand, and comes back with its deployment', async () => {
    await serve(certificate('second'));
    expect((await deploy()).code).toBe(1);
    const { code, output } = await deploy(['--accept-frp-certificate']);
    expect(code, output).toBe(0);
    expect(output).toContain(fingerprint(certificate('second')));
    expect(await eventually(page, (status) => status === 200, 60_000)).toBe(200);

    const back = await deployment.run('rollback');
    expect(back.code, back.output).toBe(TUNNEL_DOWN_EXIT_CODE);
    expect(new X509Certificate(readFileSync(pinFile)).fingerprint256).toBe(fingerprint(certificate('first')));
    expect(ids((await doctor.doctor()).failures)).toEqual(['frp-certificate']);
    expect((await deploy(['--accept-frp-certificate'])).code).toBe(0);
    await expectTunnel();
  });

  it('is known again from the deployment that runs, when the file is lost', async () => {
    rmSync(pinFile);
    const { code, output } = await deployment.run('diff');
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(/frp-server-\S+\.pem taken from the deployment/),
    ]);
    expect(new X509Certificate(readFileSync(pinFile)).fingerprint256).toBe(
      fingerprint(certificate('second')),
    );
  });

  it('is known by its CA where that is a public one, and so when it is renewed', async () => {
    // What makes this CA one of the public ones for Node.
    const settings = { NODE_EXTRA_CA_CERTS: certificate('ca').cert };
    await serve(certificate('elsewhere'));
    const other = await deploy(['--accept-frp-certificate'], settings);
    expect([other.code, other.output]).toEqual([
      0,
      expect.stringMatching(/cannot be pinned: it is a public CA's for frp\.example\.org\./),
    ]);
    expect(other.output).toContain('Set BTCW_FRP_SERVER_ADDR=frp.example.org');
    await serve(certificate('signed'));
    const { code, output } = await deploy([], settings);
    expect(code, output).toBe(0);
    expect(output).toContain(`${fingerprint(certificate('ca'))} of the CA CN=Test CA`);
    await serve(certificate('renewed'));
    const renewed = await deploy();
    expect(renewed.code, renewed.output).toBe(0);
    await expectTunnel();
    await doctor.expectHealthy();
    way.cut(certificate('stranger'));
    expect((await deploy()).code).toBe(1);
    expect(way.heard.replaceAll(MUX_PING, '')).toBe('');
    way.cut();
  });

  it('is checked by a CA file instead', async () => {
    const settings = { BTCW_FRP_TLS_CA_FILE: certificate('ca').cert };
    const { code, output } = await deploy([], settings);
    expect(code, output).toBe(0);
    expect(output).toContain(`checked by the CA in ${certificate('ca').cert}`);
    await expectTunnel();
    await doctor.expectHealthy(settings);
  });

  it('fails when the token can be guessed, before anything changes', async () => {
    writeFileSync(path('token'), 'fifteen-letters');
    const { code, output } = await deploy();
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(
        /BTCW_FRP_TOKEN_FILE \(\S+token\): should hold a token of at least 16 .* has 15\./,
      ),
    ]);
    expect(output).not.toContain('fifteen-letters');
    expect(await page()).toBe(200);
  });
});
