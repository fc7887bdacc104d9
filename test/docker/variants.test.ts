import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { planImages } from '../../scripts/images/plan.ts';
import { docker, eventually, TestDeployment, tryProgram } from '../support/deployment.ts';
import { deploymentOf, imageOf } from '../support/topology.ts';

const GATEWAY = '172.31.77.1';
/** Exit code of a deployment that is whole but for its tunnel. */
const WITHOUT_TUNNEL = 3;

/** An application of the user's own: it tells what it was given. */
const OWN_BACKEND = `
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
createServer((request, response) => {
  if (request.url === '/api/given') {
    const { API_KEY, LINES, LITERAL, SECRET_KEY, PORT } = process.env;
    const secret = readFileSync(process.env.JWT_SECRET_FILE, 'utf8').trim().length;
    const args = process.argv.slice(2);
    return response.end(JSON.stringify({ API_KEY, LINES, LITERAL, SECRET_KEY, PORT, secret, args }));
  }
  response.writeHead(request.url === '/ready' ? 200 : 404).end();
}).listen(process.env.PORT);
`;

describe('a deployment with another frp server, another gateway and a backend of the user', () => {
  const folder = mkdtempSync(join(tmpdir(), 'btcw-own-'));
  let deployment: TestDeployment;
  const serverPort = 17000;

  beforeAll(async () => {
    deployment = new TestDeployment('btcw-own', {
      BTCW_GATEWAY: GATEWAY,
      BTCW_FRP_SERVER_ADDR: '127.0.0.1',
      BTCW_FRP_SERVER_PORT: String(serverPort),
      BTCW_BACKEND_CONTEXT: folder,
      BTCW_BACKEND_ENV_FILE: join(folder, 'app.env'),
      BTCW_BACKEND_GENERATE: 'SECRET_KEY',
      BTCW_BACKEND_HEALTH_PATH: '/ready',
    });
    await deployment.remove();
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM ${imageOf('backend')}\nCOPY app.mjs /own/app.mjs\nENTRYPOINT ["node", "/own/app.mjs"]\nCMD ["--from", "cmd"]\n`,
    );
    writeFileSync(join(folder, 'app.mjs'), OWN_BACKEND);
    writeFileSync(join(folder, '.dockerignore'), 'app.env\n');
    const variables = [
      `# keys\nexport API_KEY="it's \\"s3cret\\" \\$HOME"`,
      'LINES="one\ntwo \\\\ 中文 ✓\n"',
      `LITERAL='$x \\n #"'  # as it is`,
      'SECRET_KEY=change-this',
    ];
    writeFileSync(join(folder, 'app.env'), `\uFEFF${variables.join('\r\n')}\r\n`, { mode: 0o600 });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await deployment.printLogs();
  });
  afterAll(async () => {
    await deployment.remove();
    rmSync(folder, { recursive: true });
  });

  it('is whole but for the tunnel while the server is away, and says why', async () => {
    const { code, output } = await deployment.run('deploy');
    expect(code, output).toBe(WITHOUT_TUNNEL);
    expect(output).toContain(
      `Tunnel down: nothing listens on 127.0.0.1:${serverPort}: start frps there. It comes up by itself`,
    );
    expect(await deployment.remains()).not.toContain('btcw-own-frps');
    expect((await fetch(`${deployment.local}/`)).status).toBe(200);
  });

  it('has a network of its own with that gateway, through which nginx reaches the applications', async () => {
    const [network] = JSON.parse(await docker('network', 'inspect', 'btcw-own'));
    expect(network.IPAM.Config[0].Gateway).toBe(GATEWAY);
    expect((await fetch(`${deployment.local}/api/given`)).status).toBe(200);
    expect((await deployment.run('diff')).code).toBe(0);
  });

  it("hands the environment file to the user's own program, and keeps it out of container, state and image", async () => {
    const given = await (await fetch(`${deployment.local}/api/given`)).json();
    expect(given).toEqual({
      API_KEY: `it's "s3cret" $HOME`,
      LINES: 'one\ntwo \\ 中文 ✓\n',
      LITERAL: '$x \\n #"',
      SECRET_KEY: readFileSync(`${deployment.secretsFolder}/SECRET_KEY`, 'utf8').trim(),
      PORT: '8000',
      secret: 43,
      args: ['--from', 'cmd'],
    });
    const inspection = await deployment.inspect('backend');
    for (const secret of ['s3cret', given.SECRET_KEY]) {
      expect(JSON.stringify(inspection)).not.toContain(secret);
      expect(readFileSync('terraform.btcw-own.tfstate', 'utf8')).not.toContain(secret);
    }
    expect(await docker('history', '--no-trunc', inspection.Image)).not.toContain('s3cret');
  });

  it('brings a changed environment file to the application', async () => {
    writeFileSync(join(folder, 'app.env'), 'API_KEY=second\n');
    expect((await deployment.run('diff')).code).toBe(2);
    expect((await deployment.run('deploy')).code).toBe(WITHOUT_TUNNEL);
    expect(await (await fetch(`${deployment.local}/api/given`)).json()).toMatchObject({ API_KEY: 'second' });
  });

  it('refuses a wrong environment file by its line, and the application goes on', async () => {
    writeFileSync(join(folder, 'app.env'), 'API_KEY=third\nnonsense s3cret\n');
    const { code, output } = await deployment.run('deploy');
    expect([code, output]).toEqual([
      1,
      expect.stringContaining(`${join(folder, 'app.env')}, line 2: should be NAME=value`),
    ]);
    expect(output).not.toContain('nonsense');
    expect(await (await fetch(`${deployment.local}/api/given`)).json()).toMatchObject({ API_KEY: 'second' });
    writeFileSync(join(folder, 'app.env'), 'API_KEY=second\n');
    expect((await deployment.run('deploy')).code).toBe(WITHOUT_TUNNEL);
  });

  it('brings the generated secret back when its file is lost', async () => {
    const file = `${deployment.secretsFolder}/SECRET_KEY`;
    const before = readFileSync(file, 'utf8').trim();
    rmSync(file);
    const { code, output } = await deployment.run('diff');
    expect([code, output]).toEqual([
      0,
      expect.stringContaining('SECRET_KEY taken from the deployment that runs'),
    ]);
    expect(readFileSync(file, 'utf8').trim()).toBe(before);
  });

  it('gets its tunnel by itself when the server comes, and follows when it restarts', async () => {
    const server = 'btcw-own-server';
    const token = readFileSync(`${deployment.secretsFolder}/frp-token`, 'utf8').trim();
    const flags = [
      '--bind-addr',
      '127.0.0.1',
      '--proxy-bind-addr',
      '127.0.0.1',
      '--bind-port',
      String(serverPort),
      '--token',
      token,
    ];
    await docker(
      'run',
      '--detach',
      '--name',
      server,
      '--network',
      'host',
      '--label',
      'btc-watcher.project=btcw-own',
      imageOf('frps'),
      'frps',
      ...flags,
    );
    const page = async () => (await fetch(`${deployment.public}/`).catch(() => undefined))?.status;
    expect(await eventually(page, (status) => status === 200, 60_000)).toBe(200);
    await docker('restart', '--time', '1', server);
    expect(await eventually(page, (status) => status === 200, 60_000)).toBe(200);
    await docker('rm', '--force', server);
  });

  it('is removed whole, with its network', async () => {
    expect((await deployment.run('destroy', ['--yes', '--volumes'])).code).toBe(0);
    expect(await deployment.remains()).toEqual([]);
  });
});

describe('a Debian image of the user as the base', () => {
  const bare = 'btcw-base/bare:1';
  afterAll(async () => {
    const images = ['image', 'ls', '--quiet', '--filter', 'label=btcw-base'];
    await tryProgram('docker', ['image', 'rm', '--force', ...(await docker(...images)).split('\n')]);
  });

  it('gets what health checks need', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'btcw-base-'));
    const [ours] = planImages(deploymentOf().topology, process.cwd()).all;
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM ${ours?.reference}\nLABEL btcw-base=yes\nRUN apt-get purge -y curl\n`,
    );
    await docker('build', '--tag', bare, folder);
    rmSync(folder, { recursive: true });
    const settings = { BTCW_BASE_IMAGE: bare };
    const deployment = new TestDeployment('btcw-base', settings);
    const { code, output } = await deployment.run('images', ['nginx']);
    expect(code, output).toBe(0);
    const nginx = imageOf('nginx', deployment.settings);
    expect(await docker('run', '--rm', '--entrypoint', 'curl', nginx, '--version')).toMatch(/^curl /);
  });
});
