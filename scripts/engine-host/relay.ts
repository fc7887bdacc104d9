/** The engine's host where that is another machine: asked through a container on its network. */
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { filesBelow } from '../bootstrap/digest.mjs';
import { GO_BUILD, goBuild } from '../bootstrap/go.mjs';
import { docker } from '../docker/client.ts';
import { digestFiles } from '../images/digest.ts';
import type { Dial } from '../lib/dial.ts';
import { execa } from '../lib/execa.ts';
import { listenersIn } from '../lib/ports.ts';
import { tail } from '../lib/text.ts';
import { Connection } from './connection.ts';
import type { EngineHost } from './engine-host.ts';

const said = messages.engineHost.relay;

const root = process.cwd();
const MODULE = join(root, 'assets/go/relay');
const WORK = join(root, '.build/relay');
/** What its container has: the host's network, and nothing that could change anything on the host. */
const BOUNDS = [
  ...['--network', 'host', '--user', '65534:65534', '--cap-drop', 'ALL', '--read-only'],
  ...['--security-opt', 'no-new-privileges', '--memory', '64m', '--pids-limit', '64'],
];
const START_MS = 30_000;
const END_MS = 5_000;
const OK = 200;
const UNREACHED = 'ENOTCONN';

/** The image with the program alone, which takes a second to make. @returns its name */
async function ensureImage(): Promise<string> {
  const tag = digestFiles(root, filesBelow(MODULE), [JSON.stringify(GO_BUILD)]);
  const image = `btc-watcher/relay:${tag}`;
  // It says so where there is no engine.
  if (await docker(['image', 'ls', '--quiet', image])) return image;
  const [program, archive] = [join(WORK, 'relay'), join(WORK, 'relay.tar')];
  mkdirSync(WORK, { recursive: true });
  await goBuild({ module: MODULE, packagePath: '.', output: program }, () => {});
  await execa('tar', ['-cf', archive, '-C', WORK, 'relay']);
  const entrypoint = ['--change', 'ENTRYPOINT ["/relay"]'];
  await docker(['import', ...entrypoint, archive, image], { what: said.importing });
  rmSync(archive);
  return image;
}

/** A connection that does not come about. */
function failing(code: string): Duplex {
  const connection = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  // Who asked for it listens by then.
  setImmediate(() => connection.destroy(Object.assign(new Error(code), { code })));
  return connection;
}

const dialThrough =
  (session: ClientHttp2Session): Dial =>
  ({ host, port }) => {
    if (session.destroyed) return failing(UNREACHED);
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const stream = session.request({ ':method': 'CONNECT', ':authority': authority }, { endStream: false });
    return new Connection(stream);
  };

async function get(session: ClientHttp2Session, path: string): Promise<string> {
  const stream: ClientHttp2Stream = session.request({ ':path': path });
  const [[{ ':status': status }], body] = await Promise.all([once(stream, 'response'), text(stream)]);
  if (status !== OK) throw new Error(body.trim());
  return body;
}

export interface Relay extends EngineHost {
  readonly dial: Dial;
  readonly close: () => Promise<void>;
}

/** For a machine that is not reached. */
export function noRelay(name: string, problem: UserError): Relay {
  const unknown = () => Promise.reject(problem);
  return {
    ...{ name, problem, dial: () => failing(UNREACHED), close: async () => {} },
    ...{ read: unknown, bindError: unknown, listeners: unknown, disk: unknown },
    lookupError: async () => UNREACHED,
  };
}

/**
 * Starts it, with its image where that is missing. It ends with this process, whatever ends that.
 * @param name of the machine
 * @throws {UserError} where it cannot be started
 */
export async function openRelay(name: string): Promise<Relay> {
  const options = ['--rm', '--interactive', '--pull', 'never', '--log-driver', 'none'];
  const child = execa('docker', ['run', ...options, ...BOUNDS, await ensureImage()], {
    stdin: 'pipe',
    buffer: { stdout: false },
    reject: false,
  });
  const wire = Duplex.from({ readable: child.stdout, writable: child.stdin });
  const session = connect('http://relay', { createConnection: () => wire });
  // Who asks hears of it.
  for (const end of [wire, session]) end.on('error', () => {});
  const close = async () => {
    session.destroy();
    child.stdin.end();
    const timer = setTimeout(() => child.kill(), END_MS);
    await child;
    clearTimeout(timer);
  };
  const ask = (path: string) => get(session, path);
  const question = async (path: string, parameters: Record<string, string>) =>
    (await ask(`${path}?${new URLSearchParams(parameters)}`)) || undefined;
  const timer = setTimeout(() => child.kill(), START_MS);
  try {
    // Its first answer says that it is there.
    await ask('/disk');
  } catch {
    await close();
    const { stderr } = await child;
    throw new UserError(said.cannotStart(name, tail(String(stderr), 2)), said.cannotStartFix);
  } finally {
    clearTimeout(timer);
  }
  return {
    name,
    dial: dialThrough(session),
    close,
    read: ask,
    bindError: (address, port) => question('/listen', { address, port: String(port) }),
    // Whose a socket is, only root of that machine sees.
    listeners: async () => listenersIn(await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(ask))),
    lookupError: (host) => question('/lookup', { name: host }),
    disk: async () => {
      const [freeBytes = 0, totalBytes = 0] = (await ask('/disk')).split(' ').map(Number);
      return { freeBytes, totalBytes };
    },
  };
}
