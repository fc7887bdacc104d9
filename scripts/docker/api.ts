/** The engine's API, for what the docker client is slow at. */
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import { execa } from '../lib/execa.ts';
import { ask, type HttpAnswer } from '../lib/http.ts';
import { engineHost, machineOf } from './engine.ts';

const DEADLINE_MS = 3_000;
const REMOTE_MS = 10_000;

/** One connection, through the docker client: that knows every way to an engine. */
class ClientAgent extends Agent {
  constructor() {
    super({ keepAlive: true, maxSockets: 1 });
  }

  // What these do to a socket is nothing to a program.
  override keepSocketAlive(): true {
    return true;
  }

  override reuseSocket(): void {}

  override createConnection(): Duplex {
    const child = execa('docker', ['system', 'dial-stdio'], {
      ...{ stdin: 'pipe', buffer: false, reject: false },
    });
    const wire = Duplex.from({ readable: child.stdout, writable: child.stdin });
    wire.once('close', () => child.kill());
    return wire;
  }
}

export interface EngineApi {
  /** @param path with the parameters */
  readonly get: (path: string) => Promise<HttpAnswer>;
  readonly close: () => void;
}

/** Ends what it has started when it is closed. */
export async function engineApi(): Promise<EngineApi> {
  const host = await engineHost();
  const agent = machineOf(host) === undefined ? undefined : new ClientAgent();
  const socketPath = host?.replace('unix://', '') ?? '/var/run/docker.sock';
  // Over one connection, answers come one after the other.
  const way = agent ? { agent, deadlineMs: REMOTE_MS } : { socketPath, deadlineMs: DEADLINE_MS };
  return {
    get: (path) => ask(`http://docker${path}`, way),
    close: () => agent?.destroy(),
  };
}
