/** Floods as large as anybody is likely to send, at the embedded frp server and at one that has no limits of ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { goBuild } from '../../scripts/bootstrap/go.mjs';
import { eventually, portsFrom, TestDeployment } from '../support/deployment.ts';
import {
  Bystanders,
  Flood,
  halfRequest,
  peakMiB,
  settled,
  slowReader,
  upload,
  wrongLogins,
} from '../support/floods.ts';

const HELD = 20;
const MINUTE_MS = 60_000;

async function scriptOf(deployment: TestDeployment): Promise<string> {
  const page = await (await fetch(deployment.local)).text();
  return String(/"(\/assets\/[^"]+\.js)"/.exec(page)?.[1]);
}

/** @param services that must keep their processes @param frp those of them whose memory is shown */
function floods(deployment: TestDeployment, services: readonly string[], frp: readonly string[]): void {
  const port = Number(deployment.settings.BTCW_FRP_REMOTE_PORT);
  const bystanders = new Bystanders(deployment, services);
  const undisturbed = { restarted: [], alive: HELD };
  let flood: Flood;
  beforeEach(async () => {
    flood = new Flood();
    await bystanders.arrive(HELD);
  });
  afterEach(async ({ task }) => {
    flood.end();
    bystanders.leave();
    const peaks = await Promise.all(
      frp.map(async (name) => `${name} ${await peakMiB(deployment, name)} MiB`),
    );
    console.info(`${task.name}: ${peaks.join(', ')} at the most`);
    if (task.result?.state === 'fail') await deployment.printLogs();
  });
  const after = async () => {
    flood.end();
    const newcomer = await eventually(
      () => bystanders.newcomer(),
      (ms) => ms !== undefined,
      MINUTE_MS,
    );
    console.info(`a newcomer was served in ${newcomer} ms`);
    expect(newcomer).toBeDefined();
  };

  it(
    'leaves everybody else alone: 9,000 connections from eight addresses',
    async () => {
      await flood.open({ port, count: 9_000, addresses: 8, perSecond: 400, act: halfRequest });
      expect(await bystanders.report()).toEqual(undisturbed);
      await after();
    },
    5 * MINUTE_MS,
  );

  it(
    'leaves everybody else alone: 100 connections that ask for much and read nothing',
    async () => {
      const act = slowReader(await scriptOf(deployment));
      await flood.open({ port, count: 100, addresses: 2, perSecond: 50, act });
      await settled(deployment, frp);
      expect(await bystanders.report()).toEqual(undisturbed);
      await after();
    },
    5 * MINUTE_MS,
  );

  it(
    'leaves everybody else alone: 200 uploads of 10 MB',
    async () => {
      const act = upload('/api/v1/auth/token', 10_000_000);
      await flood.open({ port, count: 200, addresses: 4, perSecond: 50, act });
      await settled(deployment, frp);
      expect(await bystanders.report()).toEqual(undisturbed);
      await after();
    },
    5 * MINUTE_MS,
  );

  it.each([
    ['by a connection each', { count: 20_000, addresses: 8, perSecond: 1_000, act: wrongLogins() }],
    ['by 40 connections', { count: 40, addresses: 8, act: wrongLogins(40) }],
  ])(
    'leaves everybody else alone: 1,000 logins a second for 20 s, %s',
    async (_, options) => {
      const over = Date.now() + 20_000;
      const opened = flood.open({ port, ...options });
      const newcomers: (number | undefined)[] = [];
      while (Date.now() < over) {
        await sleep(1_000);
        newcomers.push(await bystanders.newcomer());
      }
      await opened;
      console.info(`newcomers meanwhile: ${newcomers.join(', ')} ms`);
      expect(newcomers).not.toContain(undefined);
      expect(await bystanders.report()).toEqual(undisturbed);
      await after();
    },
    5 * MINUTE_MS,
  );
}

describe('the embedded server', () => {
  const deployment = new TestDeployment('btcw-floods-long', portsFrom(28_520));
  beforeAll(async () => {
    await deployment.remove();
    const { code, output } = await deployment.run('deploy');
    expect(code, output).toBe(0);
  });
  afterAll(() => deployment.remove());
  floods(deployment, ['nginx', 'backend', 'frontend', 'frpc', 'frps'], ['frps', 'frpc']);
});

/** Hands on what comes, later: half of the time that there and back take. */
function delayed(listen: number, to: number, delayMs: number): Server {
  const pipe = (from: Socket, into: Socket) => {
    from.on('data', (chunk) => setTimeout(() => into.writable && into.write(chunk), delayMs));
    from.on('close', () => setTimeout(() => into.destroy(), delayMs));
    from.on('error', () => from.destroy());
  };
  const server = createServer({ noDelay: true }, (socket) => {
    const next = connect({ host: '127.0.0.1', port: to, noDelay: true });
    pipe(socket, next);
    pipe(next, socket);
  });
  return server.listen(listen, '127.0.0.1');
}

describe("a server that is somebody else's", () => {
  const folder = mkdtempSync(join(tmpdir(), 'btcw-floods-'));
  const ports = portsFrom(28_530);
  const deployment = new TestDeployment('btcw-floods-away', {
    ...ports,
    BTCW_FRP_SERVER_ADDR: '127.0.0.1',
    BTCW_FRP_TOKEN_FILE: join(folder, 'token'),
  });
  const serverPort = Number(ports.BTCW_FRP_SERVER_PORT) + 5;
  const path = delayed(Number(ports.BTCW_FRP_SERVER_PORT), serverPort, 50);
  let frps: ChildProcess;

  beforeAll(async () => {
    await deployment.remove();
    // As it comes: with its window, and no limits.
    const program = {
      module: 'assets/go/frp',
      packagePath: 'github.com/fatedier/frp/cmd/frps',
      tags: 'frps,noweb',
    };
    await goBuild({ ...program, output: join(folder, 'frps') }, () => {});
    const token = 'a-token-of-somebody-else';
    writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
    const config = `bindAddr = "127.0.0.1"\nbindPort = ${serverPort}\nproxyBindAddr = "127.0.0.1"\nauth.token = "${token}"\n`;
    writeFileSync(join(folder, 'frps.toml'), config);
    frps = spawn(join(folder, 'frps'), ['-c', join(folder, 'frps.toml')], { stdio: 'ignore' });
    await once(frps, 'spawn');
    const { code, output } = await deployment.run('deploy');
    expect(code, output).toBe(0);
  });
  afterAll(async () => {
    await deployment.remove();
    frps.kill();
    path.close();
    rmSync(folder, { recursive: true });
  });

  it(
    'gives one visitor, 100 ms away, the speed that decision 12 tells',
    async () => {
      const port = Number(ports.BTCW_FRP_REMOTE_PORT);
      const bytes = 9_000_000;
      const measure = async (
        what: string,
        amount: number,
        begin: (socket: Socket) => void,
        ended: () => boolean,
      ) => {
        const startedMs = Date.now();
        const socket = connect({ host: '127.0.0.1', port }, () => begin(socket));
        socket.on('error', () => socket.destroy());
        await eventually(async () => ended() || socket.destroyed, Boolean, MINUTE_MS);
        socket.destroy();
        console.info(`${what}: ${((amount * 8) / 1000 / (Date.now() - startedMs)).toFixed(1)} Mbit/s`);
        return ended();
      };
      const script = await scriptOf(deployment);
      let read = 0;
      const reading = (socket: Socket) => {
        socket.on('data', (chunk) => {
          read += chunk.length;
        });
        slowReader(script)(socket);
      };
      expect(await measure('download', bytes, reading, () => read >= bytes)).toBe(true);
      let answered = false;
      const sending = (socket: Socket) => {
        socket.once('data', () => {
          answered = true;
        });
        upload('/api/v1/auth/token', bytes)(socket);
      };
      expect(await measure('upload', bytes, sending, () => answered)).toBe(true);
    },
    5 * MINUTE_MS,
  );

  floods(deployment, ['nginx', 'backend', 'frontend', 'frpc'], ['frpc']);
});
