/** An engine on another machine, reached through TCP with TLS; this one has the same ports taken. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../scripts/doctor/checks/check.ts';
import { planImages } from '../../scripts/images/plan.ts';
import type { StatusFacts } from '../../scripts/status/facts.ts';
import { makeCertificate } from '../support/certificates.ts';
import { TestDeployment, tryProgram } from '../support/deployment.ts';
import { TestEngine } from '../support/engine.ts';
import { topologyFor } from '../support/topology.ts';

const NETWORK = '10.251.23';
const MACHINE = `${NETWORK}.2`;
const PORT = 2376;
const folder = join(process.cwd(), '.build/test-remote-engine');
const certificates = join(process.cwd(), '.build/test-remote-certificates');
const engine = new TestEngine(folder);

/** As a laptop is told of it. */
const REACHED = {
  DOCKER_HOST: `tcp://${MACHINE}:${PORT}`,
  DOCKER_TLS_VERIFY: '1',
  DOCKER_CERT_PATH: certificates,
};
const deployment = new TestDeployment('btcw-remote', {}, (program, args, env) =>
  tryProgram(program, args, { ...REACHED, ...env }),
);
const { BTCW_NGINX_PORT: NGINX_PORT } = deployment.settings;
const ports = Object.entries(deployment.settings).filter(([name]) => name.endsWith('_PORT'));
const images = planImages(topologyFor(deployment.settings), process.cwd()).all;

/** What answers on this machine, and must not be asked. */
const asked: string[] = [];
let servers: Server[] = [];

beforeAll(async () => {
  deployment.removeFiles();
  const built = await tryProgram('node', ['scripts/run.mjs', 'images'], deployment.settings);
  expect(built.code, built.output).toBe(0);
  mkdirSync(certificates, { recursive: true });
  const ca = await makeCertificate(certificates, 'ca', { subject: '/CN=ca' });
  const server = await makeCertificate(certificates, 'server', { names: `IP:${MACHINE}`, ca });
  const client = await makeCertificate(certificates, 'cert', { subject: '/CN=laptop', ca });
  copyFileSync(client.key, join(certificates, 'key.pem'));
  await engine.create({
    hosts: ['unix:///run/docker.sock', `tcp://0.0.0.0:${PORT}`],
    ...{ tlsverify: true, tlscacert: ca.cert, tlscert: server.cert, tlskey: server.key },
  });
  await engine.cable(NETWORK);
  await engine.load(images.map(({ reference }) => reference));
  servers = await Promise.all(
    ports.map(
      ([name, port]) =>
        new Promise<Server>((resolve) => {
          const laptop = createServer((request, response) => {
            asked.push(`${name} ${request.url}`);
            response.writeHead(418).end();
          });
          laptop.listen(Number(port), '127.0.0.1', () => resolve(laptop));
        }),
    ),
  );
});
afterAll(async () => {
  for (const server of servers) server.close();
  await engine.remove();
  deployment.removeFiles();
});

const containers = () => engine.shell('docker ps --all --quiet');
const doctor = async () => {
  const { output, stdout } = await deployment.run('doctor', ['--json']);
  expect(stdout, output).toMatch(/^\{/);
  return (JSON.parse(stdout) as { findings: Finding[] }).findings;
};

describe('an engine on another machine', () => {
  it('is refused a deployment whose port is taken there, before anything changes', async () => {
    const listen = `require("net").createServer().listen(${NGINX_PORT}, "127.0.0.1")`;
    await engine.shell(`setsid node --eval '${listen}' >/dev/null 2>&1 & echo $! >/run/listener.pid`);
    await engine.shell(`until ss -ltn | grep -q :${NGINX_PORT}; do sleep 0.1; done`);
    const { code, output } = await deployment.run('deploy');
    await engine.shell('kill "$(cat /run/listener.pid)"');
    expect(code, output).toBe(1);
    expect(output).toContain(`On ${MACHINE}: BTCW_NGINX_PORT: should be a free port, got "${NGINX_PORT}"`);
    expect(await containers()).toBe('');
  });

  it('is refused folders of this machine', async () => {
    const { code, output } = await deployment.run('deploy', [], { BTCW_FRONTEND_MODE: 'dev' });
    expect(code, output).toBe(1);
    expect(output).toContain(
      `The engine is on ${MACHINE}, where frontend cannot mount what is on this machine`,
    );
    expect(await containers()).toBe('');
  });

  it('is deployed to and verified by "up", which says where it can be opened', async () => {
    const { code, output } = await deployment.run('up');
    expect(code, output).toBe(0);
    expect(output).toContain(`${deployment.local} on ${MACHINE}`);
    expect(output).toMatch(/✓ All \d+ checks passed/);
    const again = await deployment.run('diff');
    expect({ ...again, stdout: '' }).toMatchObject({
      code: 0,
      output: expect.stringContaining('No changes'),
    });
  });

  it('has its containers and its connections shown by status', async () => {
    const { code, output, stdout } = await deployment.run('status', ['--json']);
    expect(code, output).toBe(0);
    const facts = JSON.parse(stdout) as StatusFacts;
    expect(facts).toMatchObject({ webSockets: { dropped: 0 }, connections: expect.any(Number) });
    expect(facts.containers.map(({ memoryBytes }) => memoryBytes)).not.toContain(undefined);
    expect((await deployment.run('status')).output).toContain(`${deployment.local} on ${MACHINE}`);
  });

  it('is what doctor looks at', async () => {
    const healthy = await doctor();
    expect(healthy.filter(({ level }) => level === 'failure' || level === 'warning')).toEqual([]);
    const detailOf = (id: string) => healthy.find((finding) => finding.id === id)?.detail;
    // The disk of the machine, which has 12 GiB.
    expect(detailOf('disk')).toMatch(/ of 11\.\d GiB/);
    expect(detailOf('docker-proxy')).toBe(`skipped: not seen from outside of ${MACHINE}`);
    await engine.shell('ip address flush dev docker0');
    const failures = (await doctor()).filter(({ level }) => level === 'failure');
    expect(failures.map(({ id, fix }) => ({ id, fix }))).toEqual([
      { id: 'gateway', fix: `on ${MACHINE}: sudo systemctl restart docker` },
    ]);
    await engine.shell('ip address add 172.17.0.1/16 dev docker0');
  });

  it('is left without anything by "destroy", and this machine was never asked', async () => {
    const { code, output } = await deployment.run('destroy', ['--yes', '--volumes']);
    expect(code, output).toBe(0);
    expect(await containers()).toBe('');
    expect(asked).toEqual([]);
  });

  it('is named where it does not answer', async () => {
    await engine.stop();
    const findings = await doctor();
    expect(findings.filter(({ level }) => level === 'failure').map(({ id }) => id)).toEqual(['docker']);
  });
});
