/** Certificates of a test's own, and servers that show them as frps does. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { execa } from 'execa';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** What `openssl` is to make. */
interface Wanted {
  /** @default '/CN=frps' */
  readonly subject?: string;
  /** Values of subjectAltName. @default - none */
  readonly names?: string;
  /** Below 0 for one that has expired. @default 30 */
  readonly days?: number;
  /** @default - it signs itself */
  readonly ca?: CertificateFiles;
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes a certificate and its key, `NAME.pem` and `NAME.key`. */
export async function makeCertificate(
  folder: string,
  name: string,
  { subject = '/CN=frps', names, days = 30, ca }: Wanted = {},
): Promise<CertificateFiles> {
  const openssl = (...args: string[]) => execa('openssl', args, { cwd: folder });
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const san = names ? ['-addext', `subjectAltName=${names}`] : [];
  await openssl('req', ...CURVE, '-subj', subject, ...san, '-keyout', files.key, '-out', `${name}.csr`);
  const signer = ca ? ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial'] : ['-key', files.key];
  const how = ['-copy_extensions', 'copyall', ...signer, '-days', String(days)];
  await openssl('x509', '-req', '-in', `${name}.csr`, ...how, '-out', files.cert);
  return files;
}

/** The server's end of a TLS connection. */
export function secured(socket: Socket, { cert, key }: CertificateFiles): TLSSocket {
  const files = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  const secure = new TLSSocket(socket, { isServer: true, ...files });
  for (const end of [socket, secure]) end.on('error', () => socket.destroy());
  return secure;
}

/** Listens as frps does: TLS from the first byte on. @param shows the certificate for each connection, counted from 0 */
export async function showCertificates(shows: (connection: number) => CertificateFiles) {
  let connections = 0;
  const server = createServer((socket) => secured(socket, shows(connections++)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    /** How many there were. */
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
