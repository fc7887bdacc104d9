/**
 * What frpc knows its server by where no CA file is set: the certificate that the server showed on the first deploy, kept
 * with the secrets as ssh keeps known hosts. docs/decisions/0017-frp-certificate.md
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { relative } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import type { Settings } from '../../stacks/settings/definitions.ts';
import type { HostFacts } from '../../stacks/topology/host.ts';
import { frpPinFile } from '../../stacks/topology/secrets.ts';
import { socketOf } from '../../stacks/topology/urls.ts';
import {
  askCertificate,
  type CertificateAnswer,
  type FrpServer,
  nameToCheck,
  type ShownCertificate,
  WRONG_NAME,
} from './frp-certificate.ts';
import { writeSecret } from './secrets.ts';
import { disk } from './settings.ts';

const said = messages.deployment.frpPin;

/** A server far away, on a line that loses packets: the kernel repeats a first one after 1 s and 3 s. */
const DEADLINE_MS = 5_000;
const EXPIRED = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/** What frpc accepts of a server. */
export interface Pin {
  /** PEM: the server's certificate, or that of the public CA which has signed it. */
  readonly ca: string;
  /** The name that the server's certificate has to be for. */
  readonly name: string;
  readonly certificate: X509Certificate;
}

function pinOf(ca: string, host: string): Pin | undefined {
  try {
    const certificate = new X509Certificate(ca);
    return { ca, certificate, name: nameToCheck(certificate, host) };
  } catch {
    return undefined;
  }
}

/** The pin of a server; undefined where there is none, or none that can be read. */
export function readPin(settings: Settings, packageFolder: string): Pin | undefined {
  const file = frpPinFile(settings, packageFolder);
  const text = file && disk.read(file);
  return text ? pinOf(text, settings.BTCW_FRP_SERVER_ADDR ?? '') : undefined;
}

/** What the topology has to know of it. */
export function pinFacts(settings: Settings, packageFolder: string): Pick<HostFacts, 'frpServerName'> {
  const pin = readPin(settings, packageFolder);
  return pin ? { frpServerName: pin.name } : {};
}

/** What a server shows, and whether frpc would accept it. */
export interface Examination extends CertificateAnswer {
  /** What would be pinned of a server that is not known yet. @default - it is known, or shows nothing */
  readonly candidate?: Pin | undefined;
}

/** What is wrong with a certificate that is not the pinned one. */
const OTHER = 'OTHER_CERTIFICATE';

/** OpenSSL tells its last objection alone: that another certificate has expired, and not that it is another one. */
function compared(shown: ShownCertificate, { certificate }: Partial<Pin>): ShownCertificate {
  const isServers = certificate?.subjectAltName !== undefined;
  return isServers && certificate.fingerprint256 !== shown.fingerprint ? { ...shown, problem: OTHER } : shown;
}

type Judged = Pick<ShownCertificate, 'anonymous' | 'names' | 'problem'>;

/** The name that a public CA's certificate is for, where that is not the server's address: it is soon renewed. */
export const otherName = ({ problem, names }: Judged): string | undefined =>
  problem === WRONG_NAME ? names.find((name) => !name.includes('*')) : undefined;

/**
 * Asks a server for its certificate.
 * @param known what frpc accepts: a pin, or CAs. @default - nothing yet: the certificate is checked by what would be
 *   pinned of it
 */
export async function examine(
  server: FrpServer,
  known: (Pick<Pin, 'ca' | 'name'> & Partial<Pin>) | undefined,
  deadlineMs = DEADLINE_MS,
): Promise<Examination> {
  if (known) {
    const answer = await askCertificate(server, known, deadlineMs);
    return answer.shown ? { ...answer, shown: compared(answer.shown, known) } : answer;
  }
  const first = await askCertificate(server, { name: server.host }, deadlineMs);
  if (!first.shown || otherName(first.shown)) return first;
  // A public CA's certificates are short-lived: its own is what stays.
  const candidate = pinOf(first.shown.problem === '' ? first.shown.anchor : first.shown.pem, server.host);
  return { ...(await askCertificate(server, candidate ?? { name: server.host }, deadlineMs)), candidate };
}

/** How a pin is called: a CA has no name of a server. */
export function describePin({ certificate }: Pick<Pin, 'certificate'>): string {
  const { fingerprint256, subjectAltName, subject } = certificate;
  return subjectAltName ? fingerprint256 : said.signedBy(subject.replaceAll('\n', ', '), fingerprint256);
}

/** The command that makes a server a certificate for its address, and the lines of frps.toml that name it. */
export function makeCertificate({
  host,
}: Pick<FrpServer, 'host'>): readonly [command: string, ...lines: string[]] {
  const folder = '/etc/frp';
  const name = `${isIP(host) ? 'IP' : 'DNS'}:${host}`;
  return [
    `sudo openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=frps -addext subjectAltName=${name} -keyout ${folder}/frps.key -out ${folder}/frps.crt`,
    `transport.tls.certFile = "${folder}/frps.crt"`,
    `transport.tls.keyFile = "${folder}/frps.key"`,
  ];
}

/** Why a certificate cannot be pinned, for people. */
export function whyNotPinned({ anonymous, names, problem }: Judged): string {
  if (anonymous) return said.madeAtStart;
  if (problem === WRONG_NAME && names.length > 0) return said.forOthers(names.join(', '));
  return names.length === 0 ? said.nameless : said.refusedByItself(problem);
}

/** How frpc checks the server, for people. */
export interface ServerCheck {
  readonly text: string;
  /** Whether it is as it should be. */
  readonly ok: boolean;
}

/** @throws {UserError} with both fingerprints, where the server shows another certificate twice */
async function compare(server: FrpServer, pin: Pin, isSecondTry = false): Promise<ServerCheck> {
  const address = socketOf(server.host, server.port);
  const { shown } = await examine(server, pin);
  // Where it does not answer, frpc checks it all the same when it does.
  if (!shown || shown.problem === '') return { text: said.pinned(address, describePin(pin)), ok: true };
  if (EXPIRED.includes(shown.problem)) return { text: said.expired(address), ok: false };
  if (!isSecondTry) return compare(server, pin, true);
  const unfit = shown.anonymous ? said.unfit : '';
  throw new UserError(said.changed(address, describePin(pin), shown.fingerprint), said.accept + unfit);
}

/**
 * Compares a real server's certificate with the pinned one, or pins it; a server that does not answer is pinned another
 * time.
 * @param accept whether another certificate than the pinned one is accepted
 * @returns undefined for the embedded server
 * @throws {UserError} where it shows another certificate than the pinned one, or nothing that could be accepted
 */
export async function checkServer(
  settings: Settings,
  packageFolder: string,
  accept = false,
): Promise<ServerCheck | undefined> {
  const { BTCW_FRP_SERVER_ADDR: host, BTCW_FRP_SERVER_PORT: port, BTCW_FRP_TLS_CA_FILE: caFile } = settings;
  if (!host) return undefined;
  const server = { host, port };
  const address = socketOf(host, port);
  const file = frpPinFile(settings, packageFolder);
  if (!file) return { text: said.caFile(address, caFile ?? ''), ok: true };
  const pin = readPin(settings, packageFolder);
  if (!pin && !accept && existsSync(file)) {
    throw new UserError(said.unreadable(relative(packageFolder, file)), said.accept);
  }
  if (pin && !accept) return compare(server, pin);
  const { shown, candidate, error } = await examine(server, undefined);
  if (!shown) {
    if (accept) throw new UserError(said.nothingToAccept(address, error));
    return { text: said.noAnswer(address, error), ok: false };
  }
  if (shown.problem || !candidate) {
    rmSync(file, { force: true });
    const name = otherName(shown);
    const fix = name ? said.useName(name) : said.makeOne(makeCertificate(server).join('\n'));
    return { text: said.notChecked(address, whyNotPinned(shown), fix), ok: false };
  }
  writeSecret(file, candidate.ca);
  return { text: said.nowPinned(address, describePin(candidate)), ok: true };
}
