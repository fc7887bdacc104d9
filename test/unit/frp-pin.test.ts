import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { namesOf, nameToCheck } from '../../scripts/deployment/frp-certificate.ts';
import { checkServer, examine, pinFacts } from '../../scripts/deployment/frp-pin.ts';
import { frpPinFile } from '../../stacks/topology/secrets.ts';
import { type CertificateFiles, makeCertificate, showCertificates } from '../support/certificates.ts';
import { settingsOf } from '../support/topology.ts';

const folder = mkdtempSync(join(tmpdir(), 'btcw-pin-'));
const made: Record<string, CertificateFiles> = {};
const fingerprint = ({ cert }: CertificateFiles) => new X509Certificate(readFileSync(cert)).fingerprint256;

beforeAll(async () => {
  const names = 'IP:127.0.0.1';
  made.first = await makeCertificate(folder, 'first', { names });
  made.second = await makeCertificate(folder, 'second', { names });
  made.wildcard = await makeCertificate(folder, 'wildcard', { names: 'DNS:*.example.org' });
  made.expired = await makeCertificate(folder, 'expired', { names, days: -1 });
  made.nameless = await makeCertificate(folder, 'nameless');
  // What frps makes: no subject, no name.
  made.throwAway = await makeCertificate(folder, 'throw-away', { subject: '/' });
  made.ca = await makeCertificate(folder, 'ca', { subject: '/CN=CA' });
  made.signed = await makeCertificate(folder, 'signed', { names, ca: made.ca });
});
afterAll(() => rmSync(folder, { recursive: true }));

const certificate = (name: string): CertificateFiles => made[name] as CertificateFiles;

describe('the certificate of an frp server', () => {
  let close: (() => Promise<unknown>) | undefined;
  afterEach(async () => {
    await close?.();
    close = undefined;
    rmSync(join(folder, 'secrets'), { recursive: true, force: true });
  });

  /** A server that shows certificates by name, one after the other, and the last one for good. */
  async function serving(...names: string[]) {
    const server = await showCertificates((count) =>
      certificate(names[Math.min(count, names.length - 1)] ?? ''),
    );
    close = server.close;
    const settings = settingsOf({
      BTCW_FRP_SERVER_ADDR: '127.0.0.1',
      BTCW_FRP_SERVER_PORT: String(server.port),
    });
    const file = frpPinFile(settings, folder) ?? '';
    return { ...server, settings, file, address: `127.0.0.1:${server.port}` };
  }
  /** A server whose first certificate has been pinned, and that shows others since. */
  async function pinned(first: string, ...then: string[]) {
    const server = await serving(first, first, ...then);
    expect(await checkServer(server.settings, folder)).toMatchObject({ ok: true });
    return server;
  }

  it.each(['first', 'signed'])('is pinned on the first deploy, and known on the next: %s', async (name) => {
    const { settings, file, address } = await serving(name);
    expect(await checkServer(settings, folder)).toEqual({
      text: `frp server ${address}: certificate pinned from now on, SHA-256 ${fingerprint(certificate(name))}`,
      ok: true,
    });
    expect(readFileSync(file, 'utf8').trim()).toBe(readFileSync(certificate(name).cert, 'utf8').trim());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(pinFacts(settings, folder)).toEqual({ frpServerName: '127.0.0.1' });
    const before = statSync(file).mtimeMs;
    expect(await checkServer(settings, folder)).toMatchObject({
      text: expect.stringContaining('checked by its pinned certificate'),
      ok: true,
    });
    expect(statSync(file).mtimeMs).toBe(before);
  });

  it('is pinned by a name of its own, where it is not for the address', async () => {
    const { settings } = await pinned('wildcard', 'wildcard');
    expect(pinFacts(settings, folder)).toEqual({ frpServerName: 'frp.example.org' });
    expect(await checkServer(settings, folder)).toMatchObject({ ok: true });
  });

  it.each(['second', 'throwAway', 'nameless'])(
    'fails when it is another one, with both fingerprints and the command: %s',
    async (name) => {
      const { settings, file } = await pinned('first', name);
      const before = readFileSync(file, 'utf8');
      const error = await checkServer(settings, folder).catch((thrown: Error) => thrown.message);
      expect(error).toContain(`pinned: ${fingerprint(certificate('first'))}`);
      expect(error).toContain(`shown:  ${fingerprint(certificate(name))}`);
      expect(error).toContain('npm run deploy -- --accept-frp-certificate');
      expect(/checked no more/.test(String(error))).toBe(name === 'throwAway');
      expect(readFileSync(file, 'utf8')).toBe(before);
    },
  );

  it('is not refused for what was seen once', async () => {
    const { settings } = await pinned('first', 'second', 'first');
    expect(await checkServer(settings, folder)).toMatchObject({ ok: true });
  });

  it('is pinned anew where that is accepted', async () => {
    const { settings, file } = await pinned('first', 'second');
    expect(await checkServer(settings, folder, true)).toMatchObject({
      text: expect.stringContaining(fingerprint(certificate('second'))),
      ok: true,
    });
    expect(new X509Certificate(readFileSync(file)).fingerprint256).toBe(fingerprint(certificate('second')));
    expect(await checkServer(settings, folder)).toMatchObject({ ok: true });
  });

  it('is checked no more where one is accepted that cannot be pinned', async () => {
    const { settings, file } = await pinned('first', 'throwAway');
    expect(await checkServer(settings, folder, true)).toMatchObject({ ok: false });
    expect(existsSync(file)).toBe(false);
    expect(pinFacts(settings, folder)).toEqual({});
  });

  it.each([
    ['throwAway', /cannot be pinned: frps makes a new one at each start/],
    ['nameless', /cannot be pinned: it is for no name/],
    ['expired', /cannot be pinned: frpc would refuse it \(CERT_HAS_EXPIRED\)/],
  ])('is not pinned where frpc could not check it, which is a warning: %s', async (name, why) => {
    const { settings, file } = await serving(name);
    const check = await checkServer(settings, folder);
    expect(check).toMatchObject({ text: expect.stringMatching(why), ok: false });
    expect(check?.text).toMatch(/-addext subjectAltName=IP:127\.0\.0\.1 .*\n.*certFile = .*\n.*keyFile = /);
    expect(existsSync(file)).toBe(false);
  });

  it('is a warning, and no other one, where the pinned one has expired since', async () => {
    const { settings, file } = await pinned('first', 'expired');
    writeFileSync(file, readFileSync(certificate('expired').cert));
    expect(await checkServer(settings, folder)).toMatchObject({
      text: expect.stringContaining('not valid today'),
      ok: false,
    });
  });

  it('fails when another one has expired, as any other', async () => {
    const { settings } = await pinned('first', 'expired');
    await expect(checkServer(settings, folder)).rejects.toThrow(/shows another certificate/);
  });

  it('is pinned another time, where the server does not answer', async () => {
    const { settings, file, close: stop } = await serving('first');
    await stop();
    expect(await checkServer(settings, folder)).toEqual({
      text: expect.stringMatching(/no certificate yet \(ECONNREFUSED\)/),
      ok: false,
    });
    expect(existsSync(file)).toBe(false);
    await expect(checkServer(settings, folder, true)).rejects.toThrow(/shows no certificate/);
  });

  it('stays pinned while the server does not answer', async () => {
    const { settings, file, close: stop } = await pinned('first', 'first');
    await stop();
    expect(await checkServer(settings, folder)).toMatchObject({ ok: true });
    expect(existsSync(file)).toBe(true);
  });

  it('fails when what is kept of it is no certificate', async () => {
    const { settings, file } = await pinned('first', 'second');
    writeFileSync(file, 'cut short');
    await expect(checkServer(settings, folder)).rejects.toThrow(
      /frp-server-127\.0\.0\.1-\d+\.pem: is no cert/,
    );
    expect(await checkServer(settings, folder, true)).toMatchObject({ ok: true });
  });

  it('is kept apart for each server', () => {
    const file = (port: string) =>
      frpPinFile(settingsOf({ BTCW_FRP_SERVER_ADDR: 'frp.example.org', BTCW_FRP_SERVER_PORT: port }), '/p');
    expect(file('7000')).toBe('/p/secrets/btc-watcher/frp-server-frp.example.org-7000.pem');
    expect(file('7001')).not.toBe(file('7000'));
  });

  it('is not asked for of the embedded server', async () => {
    expect(await checkServer(settingsOf(), folder)).toBeUndefined();
  });

  it('is checked by a CA file where there is one, and then not pinned', async () => {
    const { settings, connections } = await serving('signed');
    const withCa = { ...settings, BTCW_FRP_TLS_CA_FILE: certificate('ca').cert };
    expect(await checkServer(withCa, folder)).toMatchObject({
      text: expect.stringContaining(`checked by the CA in ${certificate('ca').cert}`),
      ok: true,
    });
    expect(connections()).toBe(0);
  });

  it('fails to be had within a deadline from what says nothing', async () => {
    const { port, close: stop } = await showCertificates(() => certificate('first'));
    close = stop;
    const silent = await examine({ host: '127.0.0.1', port: port }, undefined, 1);
    expect(silent.shown).toBeUndefined();
    expect(silent.timedOut).toBe(true);
  });
});

describe('the name that a certificate is checked by', () => {
  const nameOf = (name: string, host: string) =>
    nameToCheck(new X509Certificate(readFileSync(certificate(name).cert)), host);

  it.each([
    ['first', '127.0.0.1', '127.0.0.1'],
    ['first', '192.0.2.1', '127.0.0.1'],
    ['first', 'frp.example.org', '127.0.0.1'],
    ['wildcard', 'home.example.org', 'home.example.org'],
    ['wildcard', '192.0.2.1', 'frp.example.org'],
    ['ca', 'frp.example.org', 'frp.example.org'],
  ])('of %s is for %s: %s', (name, host, expected) => {
    expect(nameOf(name, host)).toBe(expected);
  });

  it('is among those in it', () => {
    expect(namesOf('DNS:frp.example.org, IP Address:192.0.2.1')).toEqual(['frp.example.org', '192.0.2.1']);
    expect(namesOf('')).toEqual([]);
  });
});
