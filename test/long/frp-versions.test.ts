/** frp's releases, from the first with frpc.toml to the pinned one: each with ours, in both directions. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { goBuild } from '../../scripts/bootstrap/go.mjs';
import { renderFrpcToml, renderFrpsToml } from '../../stacks/render/frp-toml.ts';
import { frpImage } from '../../stacks/topology/frps.ts';
import { BareBackend } from '../support/bare-http.ts';
import { eventually } from '../support/deployment.ts';
import { buildRelease, FRP_PROGRAMS, type FrpProgram } from '../support/frp-release.ts';
import { settingsOf } from '../support/topology.ts';

const MINUTE_MS = 60_000;
const PORTS = { server: 28_580, remote: 28_581, application: 28_582 };
const TOKEN = 'a-token-of-the-tests';
const URL = `http://127.0.0.1:${PORTS.remote}`;
/** With the Go that can build it, where the newest cannot. */
const RELEASES = [
  { version: '0.52.3', toolchain: 'go1.21.13' },
  { version: '0.58.1' },
  { version: '0.64.0' },
  { version: '0.68.1' },
  { version: '0.71.0' },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'btcw-frp-versions-'));
const application = new BareBackend({});
const echo = new WebSocketServer({ server: application.server });
echo.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
let running: ChildProcess[] = [];

beforeAll(async () => {
  await application.listen(PORTS.application, '127.0.0.1');
  for (const program of FRP_PROGRAMS) {
    const image = frpImage(program, settingsOf());
    const [content] = (image.kind === 'dockerfile' && image.content) || [];
    if (content?.kind !== 'go') throw new Error(`${program} is not built from Go`);
    await goBuild({ ...content, output: join(folder, `own-${program}`) }, () => {});
  }
}, 10 * MINUTE_MS);
afterEach(async () => {
  await Promise.all(running.map((program) => (program.kill() ? once(program, 'exit') : undefined)));
  running = [];
});
afterAll(() => {
  echo.close();
  application.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a program with what is rendered for it; the token stands in it, as releases before 0.64 read no file. */
async function start(program: FrpProgram, version: string): Promise<ChildProcess> {
  const rendered =
    program === 'frpc'
      ? renderFrpcToml({
          serverAddr: '127.0.0.1',
          serverPort: PORTS.server,
          proxyName: 'own',
          localIP: '127.0.0.1',
          localPort: PORTS.application,
          remotePort: PORTS.remote,
        })
      : renderFrpsToml({ bindPort: PORTS.server, remotePort: PORTS.remote });
  const config = parse(rendered);
  const { tokenSource: _, ...auth } = config.auth as Record<string, string>;
  const file = join(folder, `${program}.toml`);
  writeFileSync(file, stringify({ ...config, auth: { ...auth, token: TOKEN } }));
  const log = openSync(join(folder, `${program}.log`), 'w');
  const child = spawn(join(folder, `${version}-${program}`), ['-c', file], { stdio: ['ignore', log, log] });
  await once(child, 'spawn');
  running.push(child);
  return child;
}
const logs = () =>
  FRP_PROGRAMS.map((program) => readFileSync(join(folder, `${program}.log`), 'utf8')).join('\n');
const page = async () => (await fetch(URL).catch(() => undefined))?.status;
const opens = () => eventually(page, (status) => status === 200, MINUTE_MS);

describe.each(RELEASES)('frp $version', ({ version, ...release }) => {
  beforeAll(() => buildRelease(folder, version, release), 10 * MINUTE_MS);

  it.each([
    ['its server with our client', { frps: version, frpc: 'own' }],
    ['its client with our server', { frps: 'own', frpc: version }],
  ])(
    '%s: page, WebSocket, and again after the server was restarted',
    async (_, { frps, frpc }) => {
      const server = await start('frps', frps);
      await start('frpc', frpc);
      expect(await opens(), logs()).toBe(200);
      const socket = new WebSocket(URL.replace('http', 'ws'));
      await once(socket, 'open');
      socket.send('hello');
      const [answer] = await once(socket, 'message');
      expect(String(answer)).toBe('hello');
      server.kill();
      await once(server, 'exit');
      await start('frps', frps);
      expect(await opens(), logs()).toBe(200);
    },
    3 * MINUTE_MS,
  );
});
