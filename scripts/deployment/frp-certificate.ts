/** The frp server's certificate: asked for as frpc does, and checked as frpc checks it. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, connect as connectTls, type DetailedPeerCertificate } from 'node:tls';
import { tlsTarget } from '../lib/dial.ts';
import { noAnswerWithin } from '../lib/http.ts';

/** Node's code for a certificate of another name. */
export const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

export interface FrpServer {
  readonly host: string;
  readonly port: number;
}

/** What a server's certificate is checked by. */
export interface Trust {
  /** Certificates in PEM: of CAs, or the server's own. @default - the public CAs that Node knows */
  readonly ca?: string;
  /** The name or address that it has to be for. */
  readonly name: string;
}

/** A certificate that a server has shown. */
export interface ShownCertificate {
  /** Why it is refused, as OpenSSL and Node name it; empty where it is valid. @example 'CERT_HAS_EXPIRED' */
  readonly problem: string;
  /** The names and addresses it is for. */
  readonly names: readonly string[];
  /** Its SHA-256. @example 'AB:CD:…' */
  readonly fingerprint: string;
  /** Whether it says nothing of whose it is: frps makes such a one at each start, where it is given none. */
  readonly anonymous: boolean;
  /** In PEM. */
  readonly pem: string;
  /** The last certificate of its chain, in PEM: the CA's, as far as that is known. */
  readonly anchor: string;
}

export interface CertificateAnswer {
  /** Undefined where the server shows none. */
  readonly shown?: ShownCertificate;
  /** Why not. @example 'ECONNREFUSED', 'no answer within 5 s' */
  readonly error: string;
  /** Whether that is for want of an answer. */
  readonly timedOut: boolean;
}

/** The names in a certificate. @example namesOf('DNS:frp.example.org, IP Address:192.0.2.1') */
export const namesOf = (subjectAltName: string): string[] =>
  [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,]+)/g)].map(([, name = '']) => name);

/**
 * The name by which a server's own certificate is checked: its address, where the certificate is for that.
 * @param certificate the server's, or that of a CA, which has no such name
 */
export function nameToCheck(certificate: X509Certificate, host: string): string {
  const [first = host] = namesOf(certificate.subjectAltName ?? '');
  const isFor = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host, { subject: 'never' });
  // Any name that a wildcard stands for will do.
  return isFor ? host : first.replace('*', 'frp');
}

function lastOf(chain: DetailedPeerCertificate): DetailedPeerCertificate {
  let last = chain;
  // A CA is its own issuer.
  while (last.issuerCertificate && last.issuerCertificate !== last) last = last.issuerCertificate;
  return last;
}

function shownBy(chain: DetailedPeerCertificate, problem: string): ShownCertificate {
  const certificate = new X509Certificate(chain.raw);
  const names = namesOf(certificate.subjectAltName ?? '');
  return {
    // Node still takes the subject for a name; Go, and so frpc, does not.
    problem: problem || (names.length === 0 ? WRONG_NAME : ''),
    names,
    fingerprint: certificate.fingerprint256,
    anonymous: names.length === 0 && !certificate.subject && !certificate.issuer,
    pem: certificate.toString(),
    anchor: new X509Certificate(lastOf(chain).raw).toString(),
  };
}

/** Has a frp server show its certificate, and checks it. */
export function askCertificate(
  { host, port }: FrpServer,
  { ca, name }: Trust,
  deadlineMs: number,
): Promise<CertificateAnswer> {
  return new Promise((done) => {
    // As frpc does, unless it is told to send a byte before (transport.tls.disableCustomTLSFirstByte).
    const socket = connectTls({
      ...tlsTarget({ host, port }),
      rejectUnauthorized: false,
      ...(ca !== undefined && { ca, allowPartialTrustChain: true }),
      // An address is no server name (RFC 6066).
      ...(isIP(name) === 0 && { servername: name }),
      checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    });
    const end = (answer: Partial<CertificateAnswer>) => {
      clearTimeout(timer);
      socket.destroy();
      done({ error: '', timedOut: false, ...answer });
    };
    const timer = setTimeout(() => end({ error: noAnswerWithin(deadlineMs), timedOut: true }), deadlineMs);
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) =>
      end({ error: code ?? message, timedOut: code === 'ETIMEDOUT' }),
    );
    socket.once('secureConnect', () => {
      const problem = socket.authorized ? '' : String(socket.authorizationError);
      end({ shown: shownBy(socket.getPeerCertificate(true), problem) });
    });
  });
}
