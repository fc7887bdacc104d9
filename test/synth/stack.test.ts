import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ServiceDefinition } from '../../stacks/topology/service.ts';
import { HOST, type Json, synthesise } from '../support/stack.ts';

const DOLLAR = '$';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'btcw-stack-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const standard = synthesise();
const services = ['nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard'];
/** Without the one that has a capability. */
const unprivileged = services.filter((service) => service !== 'guard');
const names = (resources: Record<string, Json> = {}) =>
  Object.values(resources)
    .map(({ name }) => name)
    .sort();

it('is the same in each language: configurations are compared with those that are kept', async () => {
  vi.resetModules();
  vi.stubEnv('BTCW_LANG', 'zh');
  const { messages } = await import('../../messages/index.ts');
  expect(messages.deployment.files.missing).toBe('不存在');
  const { synthesise: synthesiseInChinese } = await import('../support/stack.ts');
  vi.unstubAllEnvs();
  const withoutFingerprints = ({ text }: { readonly text: string }) => text.replaceAll(/[0-9a-f]{16}/g, '');
  expect(withoutFingerprints(synthesiseInChinese())).toBe(withoutFingerprints(standard));
});

describe('the topology', () => {
  it('has its containers, their volumes, and no network of its own on the default bridge', () => {
    const { resource } = standard.json;
    expect(names(resource.docker_container)).toEqual(services.map((name) => `btc-watcher-${name}`).sort());
    expect(names(resource.docker_volume)).toEqual(
      ['backend', 'frpc', 'frps', 'nginx'].map((service) => `btc-watcher-${service}-config`),
    );
    expect(resource.docker_network).toBeUndefined();
  });

  it('publishes exactly these addresses', () => {
    const published = (component: string) =>
      (standard.container(component).ports ?? []).map(
        (port: Json) => `${port.ip}:${port.external}->${port.internal}`,
      );
    expect(published('nginx')).toEqual(['127.0.0.1:8501->8501', '127.0.0.1:8506->8506']);
    expect(published('backend')).toEqual(['127.0.0.1:8000->8000', '172.17.0.1:8000->8000']);
    expect(published('frontend')).toEqual(['127.0.0.1:3000->3000', '172.17.0.1:3000->3000']);
    expect(published('frpc')).toEqual([]);
    expect(published('frps')).toEqual([]);
  });

  it('has nginx, backend and frontend on the bridge, frp and the guard on the network of the host', () => {
    const modes = services.map((name) => standard.container(name).network_mode);
    expect(modes).toEqual(['bridge', 'bridge', 'bridge', 'host', 'host', 'host']);
  });

  it('has no embedded frps when a server is given, and frpc goes there', () => {
    const { json, container, config } = synthesise({
      BTCW_FRP_SERVER_ADDR: 'frp.example.org',
      BTCW_FRP_SERVER_PORT: '7100',
    });
    expect(container('frps')).toBeUndefined();
    expect(names(json.resource.docker_volume)).not.toContain('btc-watcher-frps-config');
    const toml = config('frpc').files[0].content;
    expect(toml).toContain('serverAddr = "frp.example.org"\nserverPort = 7100');
  });

  it("is on Docker's default bridge, wherever that is", () => {
    const { json, config } = synthesise({}, { ...HOST, bridgeGateway: '172.20.0.1' });
    expect(json.resource.docker_network).toBeUndefined();
    expect(config('nginx').files[0].content).toContain('server 172.20.0.1:8000;');
  });

  it('makes a network with the configured address where the default bridge has another', () => {
    const elsewhere = { ...HOST, bridgeGateway: '172.20.0.1' };
    const { json, container, config } = synthesise({ BTCW_GATEWAY: '172.17.0.1' }, elsewhere);
    const [network] = Object.values(json.resource.docker_network) as Json[];
    expect(network).toMatchObject({
      name: 'btc-watcher',
      ipam_config: [{ gateway: '172.17.0.1', subnet: '172.17.0.0/24' }],
    });
    expect(container('nginx').network_mode).toMatch(/^\$\{docker_network\./);
    expect(config('nginx').files[0].content).toContain('server 172.17.0.1:8000;');
  });

  it('names everything after the project, so that a second one runs beside the first', () => {
    const { json, text } = synthesise({ BTCW_PROJECT: 'second' });
    for (const kind of ['docker_container', 'docker_volume']) {
      for (const name of names(json.resource[kind])) expect(name).toMatch(/^second-/);
    }
    expect(json.terraform.backend.local.path).toMatch(/terraform\.second\.tfstate$/);
    expect(text).not.toContain('"btc-watcher-nginx"');
  });
});

describe('every container', () => {
  it.each(services)('%s is hardened, bounded, watched and labelled', (service) => {
    expect(standard.container(service)).toMatchObject({
      restart: 'unless-stopped',
      wait: true,
      must_run: true,
      read_only: true,
      capabilities: expect.objectContaining({ drop: ['ALL'] }),
      security_opts: ['no-new-privileges'],
      memory: expect.any(Number),
      log_driver: 'json-file',
      log_opts: { 'max-size': '10m', 'max-file': '3' },
      healthcheck: { test: expect.any(Array), interval: '2s', retries: 3 },
      labels: [
        { label: 'btc-watcher.component', value: service },
        { label: 'btc-watcher.project', value: 'btc-watcher' },
      ],
    });
  });

  it.each(unprivileged)('%s has no root and no capability', (service) => {
    expect(standard.container(service)).toMatchObject({
      capabilities: { drop: ['ALL'] },
      user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/),
    });
  });

  it('has a limit of processes', () => {
    const commands = (Object.values(standard.json.resource.terraform_data) as Json[]).map(
      (data) => data.provisioner?.[0]?.['local-exec']?.command ?? '',
    );
    expect(commands.filter((command) => /^docker update --pids-limit \d+ /.test(command))).toHaveLength(
      services.length,
    );
  });

  it('starts its health checks each second and rests between them where the engine can', () => {
    const { container } = synthesise({}, { ...HOST, engineApi: '1.47' });
    expect(container('nginx').healthcheck).toMatchObject({ start_interval: '1s', interval: '10s' });
  });

  describe('on an engine that was upgraded in place', () => {
    const watched = ({ json, container }: ReturnType<typeof synthesise>) => {
      const [, id] = container('nginx').lifecycle.replace_triggered_by[0].split('.');
      return json.resource.terraform_data[id].input.healthcheck;
    };
    const before = synthesise({}, { ...HOST, engineApi: '1.41' });
    const after = synthesise({}, { ...HOST, engineApi: '1.47' });
    const upgraded = synthesise({}, { ...HOST, engineApi: '1.47', healthApi: '1.43' });
    const downgraded = synthesise({}, { ...HOST, engineApi: '1.41', healthApi: '1.44' });

    it('has the health checks that it was made with, and so is not replaced', () => {
      expect(watched(before)).not.toBe(watched(after));
      expect([watched(upgraded), watched(downgraded)]).toEqual([watched(before), watched(after)]);
      expect(upgraded.container('nginx').wait_timeout).toBe(before.container('nginx').wait_timeout);
    });

    it('asks nothing of an earlier engine that this one does not know', () => {
      const { healthcheck } = downgraded.container('nginx');
      expect(healthcheck.interval).toBe('10s');
      expect(healthcheck).not.toHaveProperty('start_interval');
    });
  });

  it('ignores the random order of its ports, and is replaced when their list changes', () => {
    const { lifecycle } = standard.container('backend');
    expect(lifecycle.ignore_changes).toEqual(['ports', 'healthcheck']);
    expect(lifecycle.replace_triggered_by).toHaveLength(1);
    const [, id] = lifecycle.replace_triggered_by[0].split('.');
    expect(standard.json.resource.terraform_data[id].input.published).toBe(
      '127.0.0.1:8000:8000, 172.17.0.1:8000:8000',
    );
  });
});

it('replaces a container whose health check changes, since the provider would update it in name only', () => {
  const watched = (environment: Record<string, string>) => {
    const { json, container } = synthesise(environment);
    const [, id] = container('backend').lifecycle.replace_triggered_by[0].split('.');
    return json.resource.terraform_data[id].input.healthcheck;
  };
  expect(watched({})).not.toBe(watched({ BTCW_BACKEND_HEALTH_PATH: '/ready' }));
});

describe('secrets', () => {
  it('are nowhere in the configuration', () => {
    expect(standard.secrets).toHaveLength(4);
    for (const secret of standard.secrets) expect(standard.text).not.toContain(secret);
  });

  it('reach containers as files that only their user can read', () => {
    expect(standard.config('backend')).toMatchObject({ secretMode: '0400', mountPath: '/run/secrets' });
    const environment: string[] = standard.container('backend').env;
    expect(environment).toContain('JWT_SECRET_FILE=/run/secrets/jwt_secret');
    expect(environment.filter((line) => /PASSWORD|SECRET|TOKEN/.test(line) && !/_FILE=/.test(line))).toEqual(
      [],
    );
  });

  it('change their fingerprint with their content, and the content of an environment file stays out', () => {
    const file = join(folder, 'app.env');
    const triggers = () => {
      const { text, json } = synthesise({ BTCW_BACKEND_ENV_FILE: file });
      expect(text).not.toContain('s3cret');
      const data = Object.entries(json.resource.terraform_data) as [string, Json][];
      return data.find(([id]) => id.startsWith('Backend_Config_Files'))?.[1].triggers_replace.files.start;
    };
    writeFileSync(file, 'API_KEY=s3cret-one\n', { mode: 0o600 });
    const before = triggers();
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    writeFileSync(file, 'API_KEY=s3cret-two\n');
    expect(triggers()).not.toBe(before);
  });
});

describe('the guard', () => {
  it('has one capability, and closes the ports of the host and of the containers on loopback and the bridge', () => {
    const guard = synthesise({ BTCW_BACKEND_PORT: '18000' }).container('guard');
    expect(guard.capabilities).toEqual({ add: ['CAP_NET_ADMIN'], drop: ['ALL'] });
    expect(guard.command[0]).toBe('guard-btc-watcher');
    expect(guard.command[1]).toContain('iifname { "lo", "docker0" } accept');
    const drops = guard.command[1].split('\n').filter((line: string) => line.endsWith(' drop'));
    expect(drops.map((line: string) => line.trim())).toEqual([
      'ip daddr { 127.0.0.0/8, 172.17.0.1 } tcp dport { 3000, 8501, 8506, 18000 } drop',
      'ip daddr 172.17.0.0/16 ip daddr != 172.17.0.1 tcp dport { 3000, 8000, 8501, 8506 } drop',
    ]);
  });

  it('limits connections to the embedded server in proportion to those that are served', () => {
    const { container } = synthesise({ BTCW_FRP_REMOTE_PORT: '16001' });
    const limits = container('guard').command[2];
    expect(limits).toContain('tcp dport 16001 ct state new meta protocol @lease jump limits');
    expect(limits).toContain('limit rate over 50/second burst 100 packets } drop');
    expect(limits).toContain('{ ip saddr ct count over 250 } reject with tcp reset');
    expect(limits).toContain('\n    ct count over 2400 reject with tcp reset');
    const few = synthesise({ BTCW_MAX_CONNECTIONS: '1000' }).container('guard').command[2];
    expect(few).toContain('ct count over 100 }');
    expect(few).toContain('ct count over 960 reject');
    expect(synthesise({ BTCW_FRP_SERVER_ADDR: '192.0.2.1' }).container('guard').command).toHaveLength(2);
  });

  it('knows the interface of a network of its own', () => {
    const elsewhere = { ...HOST, bridgeGateway: '172.20.0.1' };
    const { json, container } = synthesise({ BTCW_GATEWAY: '172.17.0.1' }, elsewhere);
    const [network] = Object.values(json.resource.docker_network) as Json[];
    const device = network.options['com.docker.network.bridge.name'];
    expect(device).toMatch(/^btcw-[0-9a-f]{8}$/);
    expect(container('guard').command[1]).toContain(`iifname { "lo", "${device}" } accept`);
    expect(container('guard').command[1]).toContain('ip daddr 172.17.0.0/24 ');
  });

  it('is left out where it is not wanted', () => {
    const { json, container } = synthesise({ BTCW_GUARD: 'off' });
    expect(container('guard')).toBeUndefined();
    expect(names(json.resource.docker_image)).not.toContainEqual(expect.stringContaining('guard'));
  });
});

/** The commands that make volumes. */
const commands = (json: Json): string[] =>
  (Object.values(json.resource.terraform_data) as Json[])
    .map((data) => data.provisioner?.[0]?.['local-exec']?.command ?? '')
    .filter((command) => command.startsWith('docker volume'));

describe('volumes that are mounted', () => {
  it('are made where there are none, and are no resource that Terraform could delete', () => {
    expect(commands(standard.json)).toEqual([
      'docker volume create --label btc-watcher.component=backend --label btc-watcher.project=btc-watcher btc-watcher-backend-data',
      'docker volume create --label btc-watcher.component=frpc --label btc-watcher.project=btc-watcher btc-watcher-frpc-log',
      'docker volume create --label btc-watcher.component=shared --label btc-watcher.project=btc-watcher btc-watcher-guard-lock',
    ]);
    expect(standard.text).not.toContain('docker volume rm');
  });

  it('are forgotten by states that managed them, under each address they had, and never destroyed', () => {
    const { removed, moved } = standard.json;
    expect(removed.map(({ from }: Json) => from)).toEqual([
      'docker_volume.Backend_Data_AD12DE1A',
      'docker_volume.Backend_Data_Volume_5A469E92',
      'docker_volume.Frpc_Log_Volume_5751DE2B',
    ]);
    for (const { lifecycle } of removed) expect(lifecycle).toEqual([{ destroy: false }]);
    const volumes = Object.keys(standard.json.resource.docker_volume).map((id) => `docker_volume.${id}`);
    expect(moved.map(({ to }: Json) => to).sort()).toEqual(volumes.sort());
  });

  it('are there before the container that mounts them', () => {
    const [volume] = Object.keys(standard.json.resource.terraform_data).filter((id) =>
      id.startsWith('Backend_Data'),
    );
    expect(standard.container('backend').depends_on).toContain(`terraform_data.${volume}`);
  });
});

describe("frpc's log file", () => {
  it('is kept by logrun, on a volume of its own, for as long and as large as the settings say', () => {
    const { container } = synthesise({ BTCW_LOG_KEEP_DAYS: '30', BTCW_LOG_MAX_SIZE: '2m' });
    expect(container('frpc').entrypoint.join(' ')).toMatch(/^\/bin\/sh -c /);
    expect(container('frpc').entrypoint.slice(4).join(' ')).toBe(
      'watchdog -- logrun -file /var/log/frp/frpc.log -max-size 2m -keep-days 30 -- frpc -c /etc/frp/frpc.toml',
    );
    expect(container('frpc').volumes).toEqual([
      expect.objectContaining({ container_path: '/etc/frp', read_only: true }),
      { container_path: '/var/log/frp', volume_name: 'btc-watcher-frpc-log' },
    ]);
  });

  it("ends its days at the host's midnight", () => {
    const { container } = synthesise({}, { ...HOST, timeZone: 'Asia/Shanghai' });
    expect(container('frpc').env).toContain('TZ=Asia/Shanghai');
    expect(standard.container('frpc').env.join()).not.toContain('TZ=');
  });

  it('is kept for seven days unless told otherwise', () => {
    expect(standard.container('frpc').entrypoint.join(' ')).toContain(' -keep-days 7 -- ');
  });

  it('is not written by an image of the user, which has no logrun', () => {
    const { container, json } = synthesise({ BTCW_FRPC_IMAGE: 'frpc:1' });
    expect(container('frpc').entrypoint).toEqual(['frpc', '-c', '/etc/frp/frpc.toml']);
    expect(commands(json)).not.toContainEqual(expect.stringContaining('btc-watcher-frpc-log'));
  });
});

describe('dev mode', () => {
  it('serves the mounted sources with Vite, which may not write to them', () => {
    const { container } = synthesise({ BTCW_FRONTEND_MODE: 'dev' });
    const inPackage = (path: string) => `${DOLLAR}{abspath("../../..")}/${path}`;
    expect(container('frontend').volumes).toEqual([
      { container_path: '/app/node_modules', host_path: inPackage('node_modules'), read_only: true },
      { container_path: '/app/assets/frontend', host_path: inPackage('assets/frontend'), read_only: true },
    ]);
    expect(container('frontend').read_only).toBe(true);
  });
});

describe('a checkout that is moved', () => {
  it.each([
    ['as it is by default', {}],
    ['with an embedded server, databases and generated secrets', { BTCW_POSTGRES: 'on', BTCW_REDIS: 'on' }],
    ['in dev mode', { BTCW_FRONTEND_MODE: 'dev' }],
  ])('finds no path of its earlier place in the configuration %s', (_, environment) => {
    const { packageFolder, text } = synthesise(environment);
    expect(text).not.toContain(packageFolder);
    expect(text).not.toContain(process.cwd());
    expect(text).not.toContain(homedir());
  });
});

describe('strings from outside', () => {
  const HOSTILE = [
    `${DOLLAR}{file("/etc/hostname")}`,
    '%{ if true }x%{ endif }',
    `${DOLLAR}${DOLLAR}{x}`,
    `${DOLLAR}{`,
    '%{',
    '%%{%',
    DOLLAR,
    '{}',
    '\\"',
  ];
  /** What Terraform makes of a string without templates: a doubled sign before a brace is a sign. */
  const evaluated = (text: string) => text.replace(/([$%])\1(?=\{)/g, (_, sign) => sign);

  it.each(HOSTILE)('are taken literally by Terraform: %s', (text) => {
    const { container } = synthesise({ BTCW_BACKEND_BEFORE_START: `echo ${text}` });
    const line = container('backend-before-start').entrypoint.at(-1);
    expect(line).not.toMatch(/(^|[^$])\$\{/);
    expect(line).not.toMatch(/(^|[^%])%\{/);
    expect(evaluated(line)).toBe(`echo ${text}`);
  });

  it('are in no plan and state where they are the address of a feed, which may have a key', () => {
    const { text, json } = synthesise({ BTCW_PRICE_FEED_URL: 'wss://example.org/ws?key=CANARY' });
    expect(JSON.stringify(json)).toContain('btc-watcher-backend');
    for (const secret of ['CANARY', 'example.org']) expect(text).not.toContain(secret);
  });

  it('are found again where they name a file', () => {
    const file = join(folder, `${DOLLAR}{x}.env`);
    writeFileSync(file, 'A=1\n', { mode: 0o600 });
    const { config } = synthesise({ BTCW_BACKEND_ENV_FILE: file });
    expect(evaluated(config('backend').files.at(-1).secretFile)).toBe(file);
  });
});

describe('applications of the user', () => {
  it('run with what they bring: their user, their root, any of four programs to check health with', () => {
    const { container, config } = synthesise({
      BTCW_BACKEND_IMAGE: 'app:1',
      BTCW_BACKEND_HEALTH_PATH: '/ready',
    });
    const backend = container('backend');
    expect(backend.user).toBeUndefined();
    expect(backend.read_only).toBe(false);
    expect(backend.capabilities).toEqual({ drop: ['ALL'] });
    expect(backend.healthcheck.test[1]).toMatch(/curl .*127\.0\.0\.1:8000\/ready.*wget .*python3 .*node /s);
    expect(config('backend').secretMode).toBe('0444');
  });

  it('get an environment file through a start script', () => {
    const file = join(folder, 'own.env');
    writeFileSync(file, 'A=1\n', { mode: 0o600 });
    const { container, config } = synthesise({ BTCW_BACKEND_IMAGE: 'app:1', BTCW_BACKEND_ENV_FILE: file });
    expect(container('backend').entrypoint).toEqual(['/bin/sh', '/run/secrets/start']);
    expect(config('backend').environmentFile).toBe('start');
  });
});

describe('a secret environment', () => {
  const jobWith = (value: string, file: string) =>
    synthesise({}, HOST, [
      {
        name: 'job',
        image: { kind: 'reference', reference: 'job:1.0' },
        entrypoint: ['./job'],
        secretEnvironment: [{ name: 'GIVEN', value }, { file }],
        health: undefined,
        limits: { memoryMiB: 64, pids: 32 },
        disruption: 'jobs wait',
      },
    ]);

  it('is in nothing that terraform reads', () => {
    const [given, inFile] = ['given-among-the-settings', 'kept-in-a-file-of-its-own'];
    const file = join(folder, 'variables.env');
    writeFileSync(file, `A=${inFile}\n`, { mode: 0o600 });
    const { text, config, container, json } = jobWith(given, file);
    expect(text).not.toContain(given);
    expect(text).not.toContain(inFile);
    expect(container('job').entrypoint).toEqual(['/bin/sh', '/run/secrets/start']);
    expect(config('job')).toMatchObject({
      environmentFile: 'start',
      entrypoint: ['./job'],
      files: [{ path: 'start', secretFile: 'secrets/btc-watcher/job-environment' }],
    });
    const triggers = (Object.values(json.resource.terraform_data) as Json[])
      .map(({ triggers_replace }) => triggers_replace)
      .find((trigger) => trigger?.program);
    expect(triggers).toMatchObject({
      program: '{"entrypoint":["./job"]}',
      files: { start: expect.stringMatching(/^[0-9a-f]{16}$/) },
    });
  });
});

describe("a service beside the package's own", () => {
  const database = {
    name: 'db',
    image: { kind: 'reference', reference: 'postgres:17.2' },
    networks: [{ network: 'services', aliases: ['db'] }],
    volumes: [{ purpose: 'data', path: '/var/lib/postgresql/data' }],
    health: ['CMD', 'pg_isready'],
    limits: { memoryMiB: 256, pids: 100, cpus: 1.5 },
    disruption: 'the database is away',
  } as const;
  const worker = {
    ...database,
    name: 'worker',
    networks: [{ network: 'bridge' }, { network: 'services' }],
    volumes: [],
    ports: [{ container: 9000, host: 9100, addresses: ['127.0.0.1', '172.17.0.1'] }],
    routes: ['/jobs'],
    dependsOn: ['db'],
  } as const;
  const { container, config, json, addresses, names: shown } = synthesise({}, HOST, [worker, database]);

  it('is hardened and bounded like the others', () => {
    expect(container('db')).toMatchObject({
      name: 'btc-watcher-db',
      capabilities: { drop: ['ALL'] },
      read_only: true,
      memory: 256,
      cpus: '1.5',
      wait: true,
      log_opts: { 'max-size': '10m', 'max-file': '3' },
    });
  });

  it('is on the networks it names, with its aliases, and they are made', () => {
    const [network] = Object.values(json.resource.docker_network) as Json[];
    expect(network.name).toBe('btc-watcher-services');
    expect(container('db').networks_advanced).toEqual([
      { name: expect.stringMatching(/^\$\{docker_network\..*\.name\}$/), aliases: ['db'] },
    ]);
    const attached = container('worker').networks_advanced.map(({ name }: { name: string }) => name);
    expect(attached).toEqual(['bridge', container('db').networks_advanced[0].name]);
  });

  it('starts when what it depends on is healthy', () => {
    expect(container('worker').depends_on).toContain(addresses.get('db')?.container);
  });

  it('is published, guarded and routed to as it says', () => {
    expect(container('worker').ports).toHaveLength(2);
    expect(container('guard').command[1]).toMatch(/, 9100 \} drop\n.*, 9000 \} drop\n/);
    const nginx = config('nginx').files[0].content;
    expect(nginx).toContain('upstream worker {\n        server 172.17.0.1:9100;');
    expect(nginx).toContain('location = /jobs {\n            proxy_pass http://worker;');
  });

  it('has addresses of its own, and moves no other', () => {
    const others = Object.keys(standard.json.resource.docker_container);
    expect(Object.keys(json.resource.docker_container)).toEqual(expect.arrayContaining(others));
    expect(shown.get(addresses.get('worker')?.container ?? '')).toBe('btc-watcher-worker');
  });
});

describe('what compose files say of a service', () => {
  const media = { purpose: 'media', path: '/media', shared: true } as const;
  const web: ServiceDefinition = {
    name: 'web',
    image: { kind: 'reference', reference: 'web:1' },
    workingDir: '/srv',
    stopSignal: 'SIGINT',
    restart: 'on-failure:3',
    extraHosts: { 'host.docker.internal': 'host-gateway' },
    labels: { team: 'data' },
    tmpfs: [{ path: '/run', sizeMiB: 8 }],
    shmMiB: 128,
    ulimits: { nofile: [1024, 2048] },
    health: ['CMD', 'true'],
    healthTiming: { intervalSec: 90, startPeriodSec: 0.5, retries: 5 },
    startTimeoutSec: 120,
    volumes: [media, { purpose: 'config', path: '/settings' }],
    binds: [{ source: '/srv/files', path: '/files', writable: true }],
    limits: { memoryMiB: 64, pids: 32 },
    disruption: 'away',
  };
  const worker: ServiceDefinition = {
    name: 'worker',
    image: { kind: 'reference', reference: 'web:1' },
    health: undefined,
    volumes: [{ ...media, readOnly: true }],
    limits: { memoryMiB: 64, pids: 32 },
    disruption: 'away',
  };
  const { container, json } = synthesise({}, HOST, [web, worker]);

  it('is said to Docker', () => {
    expect(container('web')).toMatchObject({
      working_dir: '/srv',
      stop_signal: 'SIGINT',
      restart: 'on-failure',
      max_retry_count: 3,
      host: [{ host: 'host.docker.internal', ip: 'host-gateway' }],
      labels: expect.arrayContaining([{ label: 'team', value: 'data' }]),
      tmpfs: { '/tmp': expect.any(String), '/run': 'rw,nosuid,nodev,noexec,size=8m' },
      shm_size: 128,
      ulimit: [{ name: 'nofile', soft: 1024, hard: 2048 }],
      healthcheck: { test: ['CMD', 'true'], interval: '1m30s', start_period: '500ms', retries: 5 },
      // Of its own times: Docker needs as long to find that it is unhealthy.
      wait_timeout: 476,
    });
    expect(container('web').volumes).toEqual([
      { container_path: '/media', volume_name: 'btc-watcher-media' },
      // A name that ends in "-config" would be one whose content can be made again.
      { container_path: '/settings', volume_name: 'btc-watcher-web-config-data' },
      { container_path: '/files', host_path: '/srv/files', read_only: false },
    ]);
  });

  it('is a volume that is made once, and mounted by several', () => {
    expect(container('worker').volumes).toEqual([
      { container_path: '/media', volume_name: 'btc-watcher-media', read_only: true },
    ]);
    const created = (Object.values(json.resource.terraform_data) as Json[])
      .map((data) => data.provisioner?.[0]?.['local-exec']?.command ?? '')
      .filter((command) => command.endsWith(' btc-watcher-media'));
    expect(created).toEqual([
      'docker volume create --label btc-watcher.component=shared --label btc-watcher.project=btc-watcher btc-watcher-media',
    ]);
  });

  it('is healthy as long as it runs where it has no health check', () => {
    expect(container('worker')).toMatchObject({ wait: false, must_run: true });
    expect(container('worker').healthcheck).toBeUndefined();
  });
});

describe('a one-off service', () => {
  const migrate: ServiceDefinition = {
    name: 'migrate',
    image: { kind: 'reference', reference: 'web:1' },
    oneOff: true,
    health: undefined,
    startTimeoutSec: 300,
    limits: { memoryMiB: 64, pids: 32 },
    disruption: 'none',
  };
  const web: ServiceDefinition = { ...migrate, name: 'web', oneOff: false, dependsOn: ['migrate'] };
  const { container, json, addresses } = synthesise({}, HOST, [web, migrate]);
  const run = addresses.get('migrate')?.run ?? '';

  it('is made first and run then, with its limits in place, and only when it is another', () => {
    expect(container('migrate')).toMatchObject({ start: false, must_run: false, wait: false, restart: 'no' });
    const resource = json.resource.terraform_data[run.split('.')[1] ?? ''];
    expect(resource.depends_on).toEqual([addresses.get('migrate')?.limit]);
    expect(resource.triggers_replace).toEqual({ container: `\${${addresses.get('migrate')?.container}.id}` });
    const { command, environment } = resource.provisioner[0]['local-exec'];
    expect(command).toBe('node scripts/run.mjs run-one-off');
    expect(JSON.parse(environment.ONE_OFF)).toEqual({ container: 'btc-watcher-migrate', deadlineSec: 300 });
  });

  it('has ended before what depends on it starts', () => {
    expect(container('web').depends_on).toEqual([run]);
  });
});

describe('resource addresses', () => {
  // They are addresses in users' state: a changed one is a breaking change, and belongs in the changelog.
  it('are the pinned ones', () => {
    const addresses = Object.entries(standard.json.resource as Record<string, object>)
      .flatMap(([type, resources]) => Object.keys(resources).map((id) => `${type}.${id}`))
      .sort();
    expect(addresses).toMatchSnapshot();
  });

  it('ask for the provider by its full source and pinned version, which both engines understand', () => {
    expect(standard.json.terraform.required_providers.docker).toEqual({
      source: 'registry.terraform.io/kreuzwerker/docker',
      version: '4.6.0',
    });
  });
});
