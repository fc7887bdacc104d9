/** The tunnel: the frp server, its certificate, and what the client logs. */
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Settings } from '../../../stacks/settings/definitions.ts';
import { serviceNamed, type Topology, type Tunnel } from '../../../stacks/topology/topology.ts';
import { mainTunnel } from '../../../stacks/topology/urls.ts';
import { readLog } from '../../docker/logs.ts';
import { fact, PROBE_MS } from './fact.ts';

const LOG_DEADLINE_MS = 3_000;
const LOG_TAIL = 400;
/** Node's code for a certificate of another name. */
export const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

/** A certificate, checked against the CA that should have signed it. */
export interface CertificateFacts {
  /** Why it is refused, as OpenSSL and Node name it; empty where it is valid. @example 'CERT_HAS_EXPIRED' */
  readonly problem: string;
  /** The names and addresses it is for. */
  readonly names: readonly string[];
}

export interface FrpServerFacts {
  /** Whether its name has an address. */
  readonly resolved: boolean;
  /** ms to connect; undefined where that failed. */
  readonly connectMs: number | undefined;
  /** Why it failed. @example 'ECONNREFUSED' */
  readonly error: string;
  /** Undefined without BTCW_FRP_TLS_CA_FILE, or where the server shows none. */
  readonly certificate?: CertificateFacts | undefined;
}

type CaFile = Pick<Settings, 'BTCW_FRP_TLS_CA_FILE'>;

async function resolves(host: string): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_MS);
  });
  const found = lookup(host).then(
    () => true,
    () => false,
  );
  const resolved = await Promise.race([found, deadline]);
  clearTimeout(timer);
  return resolved;
}

function gatherConnection({
  serverAddress: host,
  serverPort: port,
}: Tunnel): Promise<Pick<FrpServerFacts, 'connectMs' | 'error'>> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect({ host, port, timeout: PROBE_MS });
    const end = (connectMs: number | undefined, error: string) => {
      socket.destroy();
      resolve({ connectMs, error });
    };
    socket.once('connect', () => end(performance.now() - startedMs, ''));
    socket.once('timeout', () => end(undefined, 'ETIMEDOUT'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(undefined, error.code ?? error.message));
  });
}

/** Has the frp server show its certificate, and checks it as frpc does. */
function gatherCertificate(
  { serverAddress: host, serverPort: port }: Tunnel,
  caFile: string,
): Promise<CertificateFacts | undefined> {
  return new Promise((resolve) => {
    const socket = connectTls({
      host,
      port,
      ca: readFileSync(caFile),
      rejectUnauthorized: false,
      timeout: PROBE_MS,
      // An address is no server name (RFC 6066).
      ...(isIP(host) === 0 && { servername: host }),
    });
    const end = (certificate?: CertificateFacts) => {
      socket.destroy();
      resolve(certificate);
    };
    socket.once('secureConnect', () => {
      const names = namesOf(socket.getPeerCertificate().subjectaltname ?? '');
      // Node still takes the subject for a name; Go, and so frpc, does not.
      const nameless = names.length === 0 ? WRONG_NAME : '';
      end({ problem: socket.authorized ? nameless : String(socket.authorizationError), names });
    });
    socket.once('timeout', () => end());
    socket.once('error', () => end());
  });
}

/** The names in a certificate. @example namesOf('DNS:frp.example.org, IP Address:192.0.2.1') */
export const namesOf = (subjectAltName: string): string[] =>
  [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,]+)/g)].map(([, name = '']) => name);

export async function gatherFrpServer(
  topology: Topology,
  { BTCW_FRP_TLS_CA_FILE: caFile }: CaFile,
): Promise<FrpServerFacts> {
  const tunnel = mainTunnel(topology);
  if (!(await resolves(tunnel.serverAddress))) return { resolved: false, connectMs: undefined, error: '' };
  const [connection, certificate] = await Promise.all([
    gatherConnection(tunnel),
    caFile ? fact(() => gatherCertificate(tunnel, caFile)) : undefined,
  ]);
  return { resolved: true, ...connection, certificate };
}

/** The last lines of the tunnel's client, with their times. */
export async function gatherTunnelLog(topology: Topology): Promise<string> {
  const { containerName } = serviceNamed(topology, mainTunnel(topology).client);
  const { text } = await readLog(containerName, { timestamps: true, tail: LOG_TAIL }, LOG_DEADLINE_MS);
  return text;
}

/** The lines of `docker logs --timestamps` from a moment on. */
export const linesSince = (log: string, sinceMs: number): string =>
  log
    .split('\n')
    .filter((line) => !(Date.parse(line.split(' ', 1)[0] ?? '') < sinceMs))
    .join('\n');
