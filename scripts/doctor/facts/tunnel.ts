/** The tunnel: the frp server, its certificate, and what the client logs. */
import { readFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import type { Settings } from '../../../stacks/settings/definitions.ts';
import { frpPinFile } from '../../../stacks/topology/secrets.ts';
import { serviceNamed, type Topology, type Tunnel } from '../../../stacks/topology/topology.ts';
import { mainTunnel } from '../../../stacks/topology/urls.ts';
import type { ShownCertificate } from '../../deployment/frp-certificate.ts';
import { describePin, examine, readPin } from '../../deployment/frp-pin.ts';
import { isDeployedSecret } from '../../deployment/release-secrets.ts';
import { readLog } from '../../docker/logs.ts';
import type { EngineHost } from '../../engine-host/engine-host.ts';
import { dial, tlsTarget } from '../../lib/dial.ts';
import { noAnswerWithin } from '../../lib/http.ts';
import type { DockerQuestions } from './docker.ts';
import { answered, type Rounds } from './rounds.ts';

const LOG_DEADLINES_MS = [3_000, 10_000] as const;
/** The kernel repeats a lost first packet after 1 s and 3 s. */
const CONNECT_DEADLINES_MS = [1_500, 5_000] as const;
const LOG_TAIL = 400;
/** What a name server says of a name that there is not; anything else is no answer of one. */
const NO_SUCH_NAME = ['ENOTFOUND', 'ENODATA'];

export interface FrpServerFacts {
  /** Whether its name has an address; undefined where no name server answers. */
  readonly resolved: boolean | undefined;
  /** ms to connect; undefined where that failed. */
  readonly connectMs: number | undefined;
  /** Why its name is not resolved, or it could not be connected to. @example 'ECONNREFUSED', 'no answer within 5 s' */
  readonly error: string;
  /** Whether that is for want of an answer. */
  readonly timedOut: boolean;
}

/** Whether frpc knows that it talks to its server. */
export interface TrustFacts {
  /** Checked by the CA file, the pin, or what deploy would pin. @default - the server shows none, or is the embedded one */
  readonly certificate?:
    | Pick<ShownCertificate, 'problem' | 'names' | 'fingerprint' | 'anonymous'>
    | undefined;
  /** @default - none: another certificate is accepted as well */
  readonly pin?: {
    /** Its SHA-256. */
    readonly text: string;
    /** Whether frpc has it already. */
    readonly isDeployed: boolean;
  };
}

type Connection = Pick<FrpServerFacts, 'connectMs' | 'error' | 'timedOut'>;

async function resolve(
  name: string,
  host: EngineHost,
  deadlineMs: number,
): Promise<Omit<FrpServerFacts, 'connectMs'>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = { resolved: undefined, error: noAnswerWithin(deadlineMs), timedOut: true };
  const deadline = new Promise<typeof tooLate>((end) => {
    timer = setTimeout(() => end(tooLate), deadlineMs);
  });
  const found = host.lookupError(name).then((code) => {
    if (code === undefined) return { resolved: true, error: '', timedOut: false };
    const isAnswer = NO_SUCH_NAME.includes(code);
    return { resolved: isAnswer ? false : undefined, error: code, timedOut: !isAnswer };
  });
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
    const socket = dial({ host, port });
    const end = (connectMs: number | undefined, error: string, timedOut = false) => {
      clearTimeout(timer);
      socket.destroy();
      done({ connectMs, error, timedOut });
    };
    const timer = setTimeout(() => end(undefined, noAnswerWithin(deadlineMs), true), deadlineMs);
    socket.once('connect', () => end(performance.now() - startedMs, ''));
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      end(undefined, code ?? message, code === 'ETIMEDOUT'),
    );
  });
}

export async function gatherFrpServer(
  topology: Topology,
  rounds: Rounds,
  host: EngineHost,
): Promise<FrpServerFacts> {
  const tunnel = mainTunnel(topology);
  const name = await rounds.ask({
    ask: (deadlineMs) => resolve(tunnel.serverAddress, host, deadlineMs),
    isAnswer: answered,
  });
  if (!name.resolved) return { ...name, connectMs: undefined };
  const connection = await rounds.ask({
    ask: (deadlineMs) => connectWithin(deadlineMs, tunnel),
    isAnswer: answered,
    deadlinesMs: CONNECT_DEADLINES_MS,
  });
  return { resolved: true, ...connection };
}

/**
 * The server's certificate, checked by what frpc checks it by.
 * @param server being asked whether it is there
 */
export async function gatherTrust(
  topology: Topology,
  settings: Settings,
  packageFolder: string,
  rounds: Rounds,
  server: Promise<FrpServerFacts>,
): Promise<TrustFacts> {
  const { serverAddress: host, serverPort: port, server: embedded } = mainTunnel(topology);
  const { BTCW_FRP_TLS_CA_FILE: caFile } = settings;
  if (embedded && !caFile) return {};
  const pin = readPin(settings, packageFolder);
  const file = frpPinFile(settings, packageFolder) ?? '';
  const trusted = caFile ? { ca: readFileSync(caFile, 'utf8'), name: host } : pin;
  const { shown: certificate } = await rounds.ask({
    ask: (deadlineMs) => examine({ host, port }, trusted, deadlineMs),
    isAnswer: answered,
    isWorthwhile: async () => (await server).connectMs !== undefined,
  });
  const isDeployed = !pin || isDeployedSecret(settings.BTCW_PROJECT, file);
  return { certificate, ...(pin && { pin: { text: describePin(pin), isDeployed } }) };
}

/** A ping of yamux, which carries all connections in one, and how its answer begins. */
const MUX_PING = Buffer.from([0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
const MUX_PONG = Buffer.from([0, 2, 0, 2]);

/** Whether a ping of yamux gets its answer; undefined where the server does not speak TLS, or says nothing. */
function pingMux({ serverAddress: host, serverPort: port }: Tunnel, deadlineMs: number) {
  return new Promise<boolean | undefined>((done) => {
    const socket = connectTls({ ...tlsTarget({ host, port }), rejectUnauthorized: false });
    const end = (muxed: boolean | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      done(muxed);
    };
    const timer = setTimeout(() => end(undefined), deadlineMs);
    socket.once('secureConnect', () => {
      socket.once('data', (data) => end(data.subarray(0, MUX_PONG.length).equals(MUX_PONG)));
      socket.once('end', () => end(false));
      socket.write(MUX_PING);
    });
    socket.once('error', () => end(undefined));
  });
}

/** Whether the frp server's transport.tcpMux is on. A server can hang up for other reasons: it is off if it does so twice. */
export const gatherTcpMux = (topology: Topology, rounds: Rounds): Promise<boolean | undefined> =>
  rounds.ask({
    ask: (deadlineMs) => pingMux(mainTunnel(topology), deadlineMs),
    isAnswer: (muxed) => muxed === true,
    deadlinesMs: CONNECT_DEADLINES_MS,
  });

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
