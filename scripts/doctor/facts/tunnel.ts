/** The tunnel: the frp server, its certificate, and what the client logs. */
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Settings } from '../../../stacks/settings/definitions.ts';
import { serviceNamed, type Topology, type Tunnel } from '../../../stacks/topology/topology.ts';
import { mainTunnel } from '../../../stacks/topology/urls.ts';
import { readLog } from '../../docker/logs.ts';
import { noAnswerWithin } from '../../lib/http.ts';
import type { DockerQuestions } from './docker.ts';
import { fact } from './fact.ts';
import { answered, DEADLINES_MS, type Rounds } from './rounds.ts';

const LOG_DEADLINES_MS = [3_000, 10_000] as const;
/** The kernel repeats a lost first packet after 1 s and 3 s. */
const CONNECT_DEADLINES_MS = [1_500, 5_000] as const;
const LOG_TAIL = 400;
/** What a name server says of a name that there is not; anything else is no answer of one. */
const NO_SUCH_NAME = ['ENOTFOUND', 'ENODATA'];
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
  /** Whether its name has an address; undefined where no name server answers. */
  readonly resolved: boolean | undefined;
  /** ms to connect; undefined where that failed. */
  readonly connectMs: number | undefined;
  /** Why its name is not resolved, or it could not be connected to. @example 'ECONNREFUSED', 'no answer within 5 s' */
  readonly error: string;
  /** Whether that is for want of an answer. */
  readonly timedOut: boolean;
  /** Undefined without BTCW_FRP_TLS_CA_FILE, or where the server shows none. */
  readonly certificate?: CertificateFacts | undefined;
}

type CaFile = Pick<Settings, 'BTCW_FRP_TLS_CA_FILE'>;

type Connection = Pick<FrpServerFacts, 'connectMs' | 'error' | 'timedOut'>;

async function resolve(host: string, deadlineMs: number): Promise<Omit<FrpServerFacts, 'connectMs'>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = { resolved: undefined, error: noAnswerWithin(deadlineMs), timedOut: true };
  const deadline = new Promise<typeof tooLate>((end) => {
    timer = setTimeout(() => end(tooLate), deadlineMs);
  });
  const found = lookup(host).then(
    () => ({ resolved: true, error: '', timedOut: false }),
    ({ code = '' }: NodeJS.ErrnoException) =>
      NO_SUCH_NAME.includes(code)
        ? { resolved: false, error: code, timedOut: false }
        : { resolved: undefined, error: code, timedOut: true },
  );
  const answer = await Promise.race([found, deadline]);
  clearTimeout(timer);
  return answer;
}

function connectWithin(
  deadlineMs: number,
  { serverAddress: host, serverPort: port }: Tunnel,
): Promise<Connection> {
  return new Promise((done) => {
    const startedMs = performance.now();
    const socket = connect({ host, port, timeout: deadlineMs });
    const end = (connectMs: number | undefined, error: string, timedOut = false) => {
      socket.destroy();
      done({ connectMs, error, timedOut });
    };
    socket.once('connect', () => end(performance.now() - startedMs, ''));
    socket.once('timeout', () => end(undefined, noAnswerWithin(deadlineMs), true));
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      end(undefined, code ?? message, code === 'ETIMEDOUT'),
    );
  });
}

/** Has the frp server show its certificate, and checks it as frpc does. */
function certificateWithin(
  deadlineMs: number,
  { serverAddress: host, serverPort: port }: Tunnel,
  caFile: string,
): Promise<{ readonly certificate: CertificateFacts | undefined; readonly timedOut: boolean }> {
  return new Promise((done) => {
    const socket = connectTls({
      host,
      port,
      ca: readFileSync(caFile),
      rejectUnauthorized: false,
      timeout: deadlineMs,
      // An address is no server name (RFC 6066).
      ...(isIP(host) === 0 && { servername: host }),
    });
    const end = (certificate?: CertificateFacts, timedOut = false) => {
      socket.destroy();
      done({ certificate, timedOut });
    };
    socket.once('secureConnect', () => {
      const names = namesOf(socket.getPeerCertificate().subjectaltname ?? '');
      // Node still takes the subject for a name; Go, and so frpc, does not.
      const nameless = names.length === 0 ? WRONG_NAME : '';
      end({ problem: socket.authorized ? nameless : String(socket.authorizationError), names });
    });
    socket.once('timeout', () => end(undefined, true));
    socket.once('error', () => end());
  });
}

/** The names in a certificate. @example namesOf('DNS:frp.example.org, IP Address:192.0.2.1') */
export const namesOf = (subjectAltName: string): string[] =>
  [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,]+)/g)].map(([, name = '']) => name);

export async function gatherFrpServer(
  topology: Topology,
  { BTCW_FRP_TLS_CA_FILE: caFile }: CaFile,
  rounds: Rounds,
): Promise<FrpServerFacts> {
  const tunnel = mainTunnel(topology);
  const name = await rounds.ask({
    ask: (deadlineMs) => resolve(tunnel.serverAddress, deadlineMs),
    isAnswer: answered,
  });
  if (!name.resolved) return { ...name, connectMs: undefined };
  const connection = rounds.ask({
    ask: (deadlineMs) => connectWithin(deadlineMs, tunnel),
    isAnswer: answered,
    deadlinesMs: CONNECT_DEADLINES_MS,
  });
  const isThere = async () => (await connection).connectMs !== undefined;
  const shown = caFile
    ? await fact(() =>
        rounds.ask({
          ask: (deadlineMs) => certificateWithin(deadlineMs, tunnel, caFile),
          isAnswer: answered,
          deadlinesMs: DEADLINES_MS,
          isWorthwhile: isThere,
        }),
      )
    : undefined;
  return { resolved: true, ...(await connection), certificate: shown?.certificate };
}

/** The last lines of the tunnel's client, with their times. */
export async function gatherTunnelLog(topology: Topology, docker: DockerQuestions): Promise<string> {
  const { containerName } = serviceNamed(topology, mainTunnel(topology).client);
  const { text } = await docker.ask(
    `docker logs ${containerName}`,
    (deadlineMs) => readLog(containerName, { timestamps: true, tail: LOG_TAIL }, deadlineMs),
    LOG_DEADLINES_MS,
  );
  return text;
}

/** The lines of `docker logs --timestamps` from a moment on. */
export const linesSince = (log: string, sinceMs: number): string =>
  log
    .split('\n')
    .filter((line) => !(Date.parse(line.split(' ', 1)[0] ?? '') < sinceMs))
    .join('\n');
