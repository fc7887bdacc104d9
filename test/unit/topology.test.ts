import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assumedHost } from '../../scripts/deployment/host.ts';
import { upstreamFor } from '../../scripts/deployment/routes.ts';
import { planImages } from '../../scripts/images/plan.ts';
import { UserError } from '../../stacks/errors.mjs';
import { SETTING_NAMES, type SettingName } from '../../stacks/settings/definitions.ts';
import { holdsData, type ServiceDefinition, socketsOf, volumeName } from '../../stacks/topology/service.ts';
import { serviceNamed, type Topology, topologyOf } from '../../stacks/topology/topology.ts';
import { frpServer, localUrl, publicUrl, serviceUrl } from '../../stacks/topology/urls.ts';
import { USERS } from '../../stacks/topology/users.ts';
import { type Environment, settingsOf, topologyFor } from '../support/topology.ts';

const SERVER = { BTCW_FRP_SERVER_ADDR: 'frp.example.org' };

const names = ({ services }: Topology) => services.map(({ name }) => name);

/** The text of a service's configuration file. */
function configOf(topology: Topology, name: string): string {
  const file = serviceNamed(topology, name).config?.files.find((candidate) => 'content' in candidate);
  return file && 'content' in file ? file.content : '';
}

/** What the guard hands to nft. */
const guardRules = (topology: Topology): string => serviceNamed(topology, 'guard').command?.[1] ?? '';

const redis: ServiceDefinition = {
  name: 'redis',
  image: { kind: 'reference', reference: 'redis:8.2.1' },
  ports: [{ container: 6379, host: 6380, addresses: ['127.0.0.1'] }],
  limits: { memoryMiB: 64, pids: 32 },
  health: ['CMD', 'redis-cli', 'ping'],
  disruption: 'prices pause',
};

/** A service that nginx sends requests to. */
const metrics: ServiceDefinition = {
  ...redis,
  name: 'metrics',
  ports: [{ container: 9090, host: 9091, addresses: ['127.0.0.1', '172.17.0.1'] }],
  routes: ['/metrics', '/federate'],
};

describe('the services', () => {
  it('are all there by default, in the order in which they are shown', () => {
    const topology = topologyFor();
    expect(names(topology)).toEqual(['nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard']);
    expect(topology.absent.map(({ name }) => name)).toEqual(['backend-before-start', 'postgres', 'redis']);
  });

  it('lack the embedded frp server where another is set, and the guard where it is off', () => {
    const topology = topologyFor({ ...SERVER, BTCW_GUARD: 'off' });
    expect(names(topology)).toEqual(['nginx', 'backend', 'frontend', 'frpc']);
    expect(topology.absent.map(({ name }) => name)).toEqual([
      'backend-before-start',
      'postgres',
      'redis',
      'frps',
      'guard',
    ]);
  });

  it('have the project in the names of their containers and volumes', () => {
    const topology = topologyFor({ BTCW_PROJECT: 'other' });
    for (const service of topology.services) expect(service.containerName).toBe(`other-${service.name}`);
    expect(serviceNamed(topology, 'backend').volumes.map(({ name }) => name)).toEqual([
      'other-backend-data',
      'other-guard-lock',
    ]);
  });

  it('wait for the guard where an image of this package is published, and keep nothing in what they wait with', () => {
    const waiting = ({ services }: Topology) =>
      services.filter(({ volumes }) => volumes.some(({ path }) => path === '/run/guard'));
    const names = (settings: Record<string, string>) =>
      waiting(topologyFor(settings)).map(({ name }) => name);
    expect(names({})).toEqual(['nginx', 'backend', 'frontend']);
    expect(names({ BTCW_BACKEND_IMAGE: 'mine:1', BTCW_FRONTEND_MODE: 'dev' })).toEqual(['nginx']);
    expect(names({ BTCW_GUARD: 'off' })).toEqual([]);
    expect(holdsData('x-guard-lock')).toBe(false);
    expect(volumeName('x', { purpose: 'guard-lock', path: '/mine' })).toBe('x-guard-lock-data');
  });

  it('run with read-only root filesystems, as other users than root, but for the guard', () => {
    for (const { name, readOnlyRoot, user, capabilities } of topologyFor().services) {
      const expected = name === 'guard' ? ['0:0', ['CAP_NET_ADMIN']] : [expect.stringMatching(/^[1-9]/), []];
      expect([user, capabilities], name).toEqual(expected);
      expect(readOnlyRoot, name).toBe(true);
    }
  });

  it('publish what is for this host alone on loopback and the bridge, and nginx where it is wanted', () => {
    const topology = topologyFor({ BTCW_NGINX_BIND: '0.0.0.0', BTCW_BACKEND_PORT: '8800' });
    const sockets = (name: string) => socketsOf(serviceNamed(topology, name));
    expect(sockets('nginx')).toEqual(['0.0.0.0:8501', '127.0.0.1:8506']);
    expect(sockets('backend')).toEqual(['127.0.0.1:8800', '172.17.0.1:8800']);
    expect(sockets('frontend')).toEqual(['127.0.0.1:3000', '172.17.0.1:3000']);
    expect(sockets('frps')).toEqual(['127.0.0.1:7000', '127.0.0.1:60001']);
    expect(sockets('frpc')).toEqual([]);
  });

  it('are plain data: the same settings give the same topology', () => {
    expect(structuredClone(topologyFor())).toEqual(topologyFor());
  });
});

describe('the bridge', () => {
  it("is Docker's own where that has the wanted gateway", () => {
    const { bridge, networks } = topologyFor();
    expect(bridge).toMatchObject({ name: 'bridge', own: false, device: 'docker0', subnet: '172.17.0.0/16' });
    expect(networks).toEqual([bridge]);
  });

  it("is one of the project's own where it has not, with the /24 around the gateway", () => {
    const settings = settingsOf({ BTCW_GATEWAY: '10.20.30.1' });
    const topology = topologyOf(settings, [], { ...assumedHost([]), bridgeGateway: '172.17.0.1' });
    expect(topology.bridge).toMatchObject({ name: 'btc-watcher', own: true, subnet: '10.20.30.0/24' });
    // The kernel's limit for the name of an interface.
    expect(topology.bridge.device.length).toBeLessThanOrEqual(15);
    expect(serviceNamed(topology, 'nginx').networks).toEqual([{ network: 'bridge', name: 'btc-watcher' }]);
    expect(configOf(topology, 'nginx')).toContain('server 10.20.30.1:8000;');
    expect(guardRules(topology)).toContain(`"${topology.bridge.device}"`);
  });
});

describe('the tunnel', () => {
  it('leads from the remote port to nginx, through the embedded server', () => {
    const topology = topologyFor();
    expect(topology.tunnels).toEqual([
      {
        name: 'freq-service',
        client: 'frpc',
        serverAddress: '127.0.0.1',
        serverPort: 7000,
        server: 'frps',
        remotePort: 60001,
        to: 'nginx',
      },
    ]);
    expect(publicUrl(topology)).toBe('http://127.0.0.1:60001');
  });

  it('leads there through the server that is set', () => {
    const topology = topologyFor(SERVER);
    expect(topology.tunnels[0]?.server).toBeUndefined();
    expect(publicUrl(topology)).toBe('http://frp.example.org:60001');
    expect(frpServer(topology)).toBe('frp.example.org:7000');
    expect(configOf(topology, 'frpc')).toContain('serverAddr = "frp.example.org"');
  });

  const OFF = { BTCW_FRP_PROXY_PROTOCOL: 'off' };
  const frpcAt = (environment: Environment) => {
    const toml = configOf(topologyFor(environment), 'frpc');
    return ['localIP', 'localPort', 'proxyProtocolVersion'].map(
      (key) => new RegExp(`^${key} = "?([^"\\n]*)`, 'm').exec(toml)?.[1],
    );
  };

  it('has the memory for the connections that nginx serves at one port, without one of its own', () => {
    const memory = (environment: Environment) =>
      serviceNamed(topologyFor(environment), 'frpc').limits.memoryMiB;
    expect([memory({}), memory(OFF)]).toEqual([319, 298]);
  });

  it('reaches nginx on loopback, at a port of its own, wherever nginx is published', () => {
    expect(frpcAt({})).toEqual(['127.0.0.1', '8506', 'v2']);
    expect(frpcAt({ BTCW_NGINX_BIND: '192.0.2.7', BTCW_NGINX_PORT: '8600' })).toEqual([
      '127.0.0.1',
      '8605',
      'v2',
    ]);
  });

  it('reaches nginx where it is published without the PROXY protocol, and on loopback where that is everywhere', () => {
    expect(frpcAt(OFF)).toEqual(['127.0.0.1', '8501', undefined]);
    expect(frpcAt({ ...OFF, BTCW_NGINX_BIND: '192.0.2.7' })).toEqual(['192.0.2.7', '8501', undefined]);
    expect(frpcAt({ ...OFF, BTCW_NGINX_BIND: '0.0.0.0' })).toEqual(['127.0.0.1', '8501', undefined]);
  });

  it('has no port of its own at nginx without the PROXY protocol', () => {
    const topology = topologyFor(OFF);
    expect(socketsOf(serviceNamed(topology, 'nginx'))).toEqual(['127.0.0.1:8501']);
    expect(configOf(topology, 'nginx')).not.toContain('proxy_protocol');
    expect(guardRules(topology)).not.toContain('8506');
  });

  it('leaves room for others when it is full: nginx has memory for both', () => {
    const memory = (environment: Environment) =>
      serviceNamed(topologyFor(environment), 'nginx').limits.memoryMiB;
    // Of 250 connections with two slots each, at 24 KiB.
    expect(memory({}) - memory(OFF)).toBeGreaterThan((250 * 2 * 24) / 1024);
  });

  it.each([
    ['reference', '/api/v1/auth/token'],
    ['generic', undefined],
  ])('limits the logins of the %s application at %s', (profile, path) => {
    const conf = configOf(topologyFor({ BTCW_APP_PROFILE: profile }), 'nginx');
    expect(/"(.*)" \$client;/.exec(conf)?.[1]).toBe(path);
  });
});

describe('the addresses on this host', () => {
  it('are loopback where a service is published on every address', () => {
    const topology = topologyFor({ BTCW_NGINX_BIND: '0.0.0.0', BTCW_NGINX_PORT: '8600' });
    expect(localUrl(topology)).toBe('http://127.0.0.1:8600');
    expect(serviceUrl(topology, 'backend')).toBe('http://127.0.0.1:8000');
  });
});

describe('what frpc checks the certificate of its server with', () => {
  const FILE = '/secrets/btc-watcher/frp-server-frp.example.org-7000.pem';
  const frpcWith = (environment: Environment, frpServerName?: string) => {
    const host = { ...assumedHost([]), packageFolder: '', ...(frpServerName && { frpServerName }) };
    const { config } = serviceNamed(topologyOf(settingsOf(environment), [], host), 'frpc');
    const files = (config?.files ?? []).flatMap((file) =>
      'secretFile' in file && file.path !== 'token' ? [[file.path, file.secretFile]] : [],
    );
    const [toml] = config?.files ?? [];
    const lines = toml && 'content' in toml ? toml.content.split('\n') : [];
    return { files, tls: lines.filter((line) => /^(trustedCaFile|serverName)/.test(line)) };
  };

  it('is the pinned one', () => {
    expect(frpcWith(SERVER, 'frp.example.org')).toEqual({
      files: [['server.pem', FILE]],
      tls: ['trustedCaFile = "/etc/frp/server.pem"'],
    });
  });

  it('is the pinned one by a name of its own', () => {
    expect(frpcWith(SERVER, 'other.example.org').tls).toEqual([
      'trustedCaFile = "/etc/frp/server.pem"',
      'serverName = "other.example.org"',
    ]);
  });

  it('is nothing while none is pinned, and for the embedded server', () => {
    expect(frpcWith(SERVER)).toEqual({ files: [], tls: [] });
    expect(frpcWith({}, '127.0.0.1')).toEqual({ files: [], tls: [] });
  });
});

describe('the settings that a service is made from', () => {
  const readersOf = ({ services, absent }: Topology, setting: SettingName) =>
    [...services, ...absent].filter(({ reads }) => reads.includes(setting)).map(({ name }) => name);

  /** What commands and builds of own Dockerfiles alone read. */
  const OF_COMMANDS: readonly SettingName[] = [
    'BTCW_LANG',
    ...(['BTCW_REGISTRY_MIRROR', 'BTCW_STAND_INS'] as const),
    ...(['BTCW_BUILD_ARGS_FILE', 'BTCW_BUILD_CA', 'BTCW_BUILD_TIMEOUT'] as const),
  ];

  it.each(SETTING_NAMES.filter((name) => !OF_COMMANDS.includes(name)))(
    'are recorded: some service reads %s',
    (setting) => {
      const everything = topologyFor({ BTCW_POSTGRES: 'on', BTCW_REDIS: 'on' });
      const own = topologyFor({ BTCW_BACKEND_IMAGE: 'api:1', BTCW_FRONTEND_IMAGE: 'page:1' });
      expect([...readersOf(everything, setting), ...readersOf(own, setting)]).not.toEqual([]);
    },
  );

  it.each([
    ['BTCW_GATEWAY', ['nginx', 'backend', 'frontend', 'guard']],
    ['BTCW_NGINX_BIND', ['nginx', 'guard']],
    ['BTCW_NGINX_PORT', ['nginx', 'guard']],
    ['BTCW_FRP_LOCAL_PORT', ['nginx', 'frpc', 'guard']],
    ['BTCW_FRP_PROXY_PROTOCOL', ['nginx', 'frpc', 'frps', 'guard']],
    ['BTCW_APP_PROFILE', ['nginx']],
    ['BTCW_BACKEND_PORT', ['nginx', 'backend', 'guard']],
    ['BTCW_FRP_SERVER_ADDR', ['frpc', 'frps', 'guard']],
    ['BTCW_FRP_TOKEN_FILE', ['frpc', 'frps']],
    ['BTCW_ADMIN_PASSWORD_FILE', ['backend']],
    ['BTCW_MAX_CONNECTIONS', ['nginx', 'frpc', 'frps', 'guard']],
    ['BTCW_GUARD', ['nginx', 'backend', 'frontend', 'guard']],
  ] as const)('are recorded: %s by %j, and by no other', (setting, readers) => {
    expect(readersOf(topologyFor(), setting)).toEqual(readers);
  });

  it.each(['BTCW_PROJECT', 'BTCW_BASE_IMAGE', 'BTCW_LOG_MAX_SIZE'] as const)(
    'are recorded: %s by all',
    (setting) => {
      const topology = topologyFor();
      expect(readersOf(topology, setting)).toEqual(names(topology));
    },
  );

  it('are recorded for a service that they leave out, too', () => {
    const { absent } = topologyFor({ ...SERVER, BTCW_GUARD: 'off' });
    expect(absent).toEqual([
      {
        name: 'backend-before-start',
        reads: [
          'BTCW_BACKEND_ADDRESS',
          'BTCW_FRONTEND_ADDRESS',
          'BTCW_COMPOSE_FILE',
          'BTCW_BACKEND_BEFORE_START',
        ],
      },
      { name: 'postgres', reads: ['BTCW_POSTGRES'] },
      { name: 'redis', reads: ['BTCW_REDIS'] },
      { name: 'frps', reads: ['BTCW_FRP_SERVER_ADDR'] },
      { name: 'guard', reads: ['BTCW_GUARD'] },
    ]);
  });

  it('are no longer those of an image that an image of the user replaces', () => {
    const own = topologyFor({ BTCW_NGINX_IMAGE: 'nginx:1', BTCW_FRPC_IMAGE: 'frpc:1' });
    expect(readersOf(own, 'BTCW_BASE_IMAGE')).toEqual(['backend', 'frontend', 'frps', 'guard']);
    expect(readersOf(own, 'BTCW_LOG_KEEP_DAYS')).toEqual([]);
  });
});

describe('two services with one port, path or name', () => {
  const problemsOf = (environment: Record<string, string>, services: ServiceDefinition[] = []): string => {
    try {
      topologyFor(environment, services);
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      return (error as Error).message;
    }
    return '';
  };

  it('fails when two ports are the same', () => {
    expect(problemsOf({ BTCW_BACKEND_PORT: '8501' })).toBe(
      'BTCW_BACKEND_PORT: should differ from BTCW_NGINX_PORT, got "8501". Set it in .env or the environment.',
    );
  });

  it('fails with all ports that are the same, one on each line', () => {
    const problems = problemsOf({ BTCW_BACKEND_PORT: '8501', BTCW_FRP_REMOTE_PORT: '3000' });
    expect(problems.split('\n')).toEqual([
      expect.stringContaining('BTCW_BACKEND_PORT: should differ from BTCW_NGINX_PORT'),
      expect.stringContaining('BTCW_FRP_REMOTE_PORT: should differ from BTCW_FRONTEND_PORT'),
    ]);
  });

  it("fails when a port is the embedded server's, but not with a server elsewhere", () => {
    expect(problemsOf({ BTCW_BACKEND_PORT: '7000' })).toMatch(/should differ/);
    expect(problemsOf({ BTCW_BACKEND_PORT: '7000', ...SERVER })).toBe('');
    expect(problemsOf({ BTCW_FRP_SERVER_PORT: '60001' })).toMatch(/should differ/);
    expect(problemsOf({ BTCW_FRP_SERVER_PORT: '60001', ...SERVER })).toBe('');
  });

  it("fails when a service of the user's has a port of another", () => {
    const ports = [{ container: 6379, host: 8000, addresses: ['127.0.0.1'] }];
    expect(problemsOf({}, [{ ...redis, ports }])).toMatch(
      /the port of redis: should differ from BTCW_BACKEND_PORT, got "8000"/,
    );
  });

  it('fails when two services have one name', () => {
    expect(problemsOf({}, [{ ...redis, name: 'guard' }])).toBe('There are two services named "guard".');
    expect(problemsOf({}, [redis, { ...redis, ports: [] }])).toBe('There are two services named "redis".');
  });

  it('fails when two services have one volume that is not shared', () => {
    const volumes = (purpose: string, shared: boolean) => ({ volumes: [{ purpose, path: '/x', shared }] });
    const worker = { ...redis, name: 'worker', ports: [] };
    const media = volumes('media', true);
    expect(
      problemsOf({}, [
        { ...redis, ...media },
        { ...worker, ...media },
      ]),
    ).toBe('');
    expect(problemsOf({}, [{ ...redis, ...volumes('backend-data', true) }])).toBe(
      'There are two volumes named "btc-watcher-backend-data": of backend and a shared volume.',
    );
  });

  it('fails when a service depends on one there is not, or on itself in a circle', () => {
    expect(problemsOf({}, [{ ...redis, dependsOn: ['db'] }])).toBe(
      'redis depends on "db", which is no service of this deployment.',
    );
    const circle = [
      { ...redis, ports: [], dependsOn: ['second'] },
      { ...redis, ports: [], name: 'second', dependsOn: ['redis'] },
    ];
    expect(problemsOf({}, circle)).toBe('redis depends on itself.\nsecond depends on itself.');
    expect(problemsOf({}, [{ ...redis, dependsOn: ['backend'] }])).toBe('');
  });

  it('fails when nginx could not reach a service that has a path', () => {
    const ports = [{ container: 9090, host: 9091, addresses: ['127.0.0.1'] }];
    expect(problemsOf({}, [{ ...metrics, ports }])).toMatch(/should publish its first port on 172\.17\.0\.1/);
    const networks = [{ network: 'services' }];
    expect(problemsOf({}, [{ ...metrics, networks }])).toMatch(/should be on the network "bridge"/);
  });

  it('fails when two services have one path', () => {
    expect(problemsOf({}, [{ ...metrics, routes: ['/api'] }])).toBe(
      'Both backend and metrics have the path "/api".',
    );
  });
});

describe('a service beside the own ones', () => {
  it('is completed with what all services have', () => {
    expect(serviceNamed(topologyFor({ BTCW_LOG_MAX_SIZE: '5m' }, [redis]), 'redis')).toEqual({
      ...redis,
      id: 'Service-redis',
      limits: { ...redis.limits, cpuShares: 512 },
      containerName: 'btc-watcher-redis',
      networks: [{ network: 'bridge', name: 'bridge' }],
      routes: [],
      healthPath: '/',
      environment: {},
      secretEnvironment: [],
      stopGraceSec: 10,
      restart: 'unless-stopped',
      extraHosts: {},
      labels: {},
      tmpfs: [],
      ulimits: {},
      startTimeoutSec: 60,
      oneOff: false,
      capabilities: [],
      readOnlyRoot: true,
      init: false,
      tmpMiB: 16,
      volumes: [],
      binds: [],
      dependsOn: [],
      log: { maxSize: '5m', files: 3 },
      reads: ['BTCW_PROJECT', 'BTCW_GATEWAY', 'BTCW_LOG_MAX_SIZE'],
    });
  });

  it('is reached through nginx at its first port, by each of its paths', () => {
    const topology = topologyFor({}, [metrics]);
    const conf = configOf(topology, 'nginx').replace(/\s+/g, ' ');
    expect(conf).toContain('upstream metrics { server 172.17.0.1:9091; }');
    for (const path of ['/metrics', '/federate']) {
      expect(conf).toContain(`location = ${path} { proxy_pass http://metrics;`);
      expect(conf).toContain(`location ${path}/ { proxy_pass http://metrics;`);
    }
    expect(topology.upstreams.map(({ service }) => service)).toEqual(['backend', 'frontend', 'metrics']);
  });

  it('gets no upstream without a path', () => {
    expect(configOf(topologyFor({}, [redis]), 'nginx')).toBe(configOf(topologyFor(), 'nginx'));
  });

  it('is guarded at its ports on the host and in the container, unless it is on the network of the host', () => {
    const portsOf = (service: ServiceDefinition) => {
      const [onHost, inContainers] = guardRules(topologyFor({}, [service])).matchAll(
        /tcp dport \{ ([^}]*) \}/g,
      );
      return [onHost?.[1], inContainers?.[1]];
    };
    expect(portsOf(redis)).toEqual(['3000, 6380, 8000, 8501, 8506', '3000, 6379, 8000, 8501, 8506']);
    const alone = '3000, 8000, 8501, 8506';
    expect(portsOf({ ...redis, networks: [{ network: 'host' }] })).toEqual([alone, alone]);
  });

  it('makes the networks it names, each once, under the project', () => {
    const networks = [{ network: 'bridge' }, { network: 'data', aliases: ['db'] }];
    const topology = topologyFor({}, [
      { ...redis, networks },
      { ...metrics, networks },
    ]);
    expect(topology.networks).toEqual([
      topology.bridge,
      {
        key: 'data',
        name: 'btc-watcher-data',
        own: true,
        device: expect.stringMatching(/^btcw-[0-9a-f]{8}$/),
      },
    ]);
    expect(serviceNamed(topology, 'redis').networks).toEqual([
      { network: 'bridge', name: 'bridge' },
      { network: 'data', aliases: ['db'], name: 'btc-watcher-data' },
    ]);
  });

  it('fails when its name is none that Docker takes', () => {
    expect(() => topologyFor({}, [{ ...redis, name: 'Redis_1' }])).toThrow(
      /"Redis_1" is no name of a service/,
    );
  });

  it('fails when it has a path and no port', () => {
    expect(() => topologyFor({}, [{ ...metrics, ports: [] }])).toThrow(
      /should publish its first port on 172\.17\.0\.1/,
    );
  });
});

describe('an image of the owner', () => {
  const own = topologyFor({
    BTCW_BACKEND_IMAGE: 'api:1',
    BTCW_BACKEND_CONTAINER_PORT: '9000',
    BTCW_FRONTEND_IMAGE: 'page:1',
    BTCW_FRONTEND_CONTAINER_PORT: '80',
  });

  it.each([
    ['backend', 8000, 9000],
    ['frontend', 3000, 80],
  ])('listens where its settings say: %s', (name, host, container) => {
    const { ports, environment, health } = serviceNamed(own, name);
    expect(ports).toMatchObject([{ host, container }]);
    expect(environment.PORT).toBe(String(container));
    expect(JSON.stringify(health)).toContain(`:${container}/`);
  });

  it('that is the frontend may become another user, as nginx does', () => {
    expect(serviceNamed(own, 'frontend').capabilities).toContain('CAP_SETUID');
    expect(serviceNamed(topologyFor(), 'frontend').capabilities).toEqual([]);
  });
});

describe('what settings choose of the applications', () => {
  it('is their limits, their deadline and their command', () => {
    const topology = topologyFor({
      BTCW_BACKEND_MEMORY: '2g',
      BTCW_BACKEND_CPUS: '1.5',
      BTCW_BACKEND_PIDS: '1024',
      BTCW_BACKEND_START_TIMEOUT: '120',
      BTCW_BACKEND_COMMAND: `uvicorn app:app --app-dir 'my app'`,
      BTCW_FRONTEND_MEMORY: '128m',
    });
    expect(serviceNamed(topology, 'backend')).toMatchObject({
      limits: { memoryMiB: 2048, cpus: 1.5, pids: 1024 },
      startTimeoutSec: 120,
      command: ['uvicorn', 'app:app', '--app-dir', 'my app'],
    });
    expect(serviceNamed(topology, 'frontend').limits).toEqual({ cpuShares: 512, memoryMiB: 128, pids: 64 });
  });

  it.each([
    ['BTCW_BACKEND_MEMORY', '512'],
    ['BTCW_BACKEND_CPUS', '0'],
    ['BTCW_BACKEND_PIDS', '1'],
    ['BTCW_BACKEND_COMMAND', `"open`],
    ['BTCW_BACKEND_VOLUMES', 'app/data'],
    ['BTCW_BACKEND_VOLUMES', '/'],
    ['BTCW_BACKEND_VOLUMES', '/a/b,/a-b'],
    ['BTCW_BACKEND_PATHS', 'api'],
  ])('fails for %s=%s', (name, value) => {
    expect(() => topologyFor({ [name]: value })).toThrow(`${name}: should`);
  });

  it('is folders that are kept, beside /data', () => {
    const { volumes } = serviceNamed(
      topologyFor({ BTCW_BACKEND_VOLUMES: '/app/user_data,/data', BTCW_GUARD: 'off' }),
      'backend',
    );
    expect(volumes.map(({ name, path }) => `${name} ${path}`)).toEqual([
      'btc-watcher-backend-data /data',
      'btc-watcher-backend-app-user_data /app/user_data',
    ]);
  });

  it('is what runs before the backend, as it and with all that it has, but for its ports', () => {
    const topology = topologyFor({
      BTCW_BACKEND_IMAGE: 'app:1',
      BTCW_BACKEND_BEFORE_START: 'alembic upgrade head',
      BTCW_POSTGRES: 'on',
    });
    const [before, backend] = ['backend-before-start', 'backend'].map((name) => serviceNamed(topology, name));
    expect(before).toMatchObject({
      image: backend?.image,
      environment: backend?.environment,
      secretEnvironment: backend?.secretEnvironment,
      oneOff: true,
      ports: [],
      dependsOn: ['postgres'],
    });
    expect(before?.volumes.map(({ name }) => name)).toEqual(backend?.volumes.map(({ name }) => name));
    expect(backend?.dependsOn).toEqual(['postgres', 'backend-before-start']);
    const images = planImages(topology, process.cwd()).byService;
    expect(images.get('backend-before-start')).toBe(images.get('backend'));
  });
});

describe('programs on the host', () => {
  const ADDRESSES = { BTCW_BACKEND_ADDRESS: '172.17.0.1:8100', BTCW_FRONTEND_ADDRESS: '172.17.0.1:5173' };

  it('are routed to where they listen, guarded, and no containers', () => {
    const topology = topologyFor({ ...ADDRESSES, BTCW_BACKEND_PATHS: '/api,/docs' });
    expect(names(topology)).toEqual(['nginx', 'frpc', 'frps', 'guard']);
    expect(topology.upstreams).toEqual([
      { service: 'backend', address: '172.17.0.1:8100', paths: ['/api', '/docs'], healthPath: '/health' },
      { service: 'frontend', address: '172.17.0.1:5173', paths: ['/'], healthPath: '/' },
    ]);
    expect(serviceUrl(topology, 'backend')).toBe('http://172.17.0.1:8100');
    expect(guardRules(topology)).toContain('5173, 8100, 8501');
    expect(topology.absent.find(({ name }) => name === 'backend')?.reads).toContain('BTCW_BACKEND_ADDRESS');
  });

  it('may be one of the two, or one for everything', () => {
    const { BTCW_BACKEND_ADDRESS } = ADDRESSES;
    expect(names(topologyFor({ BTCW_BACKEND_ADDRESS }))).toContain('frontend');
    const alone = topologyFor({ BTCW_BACKEND_ADDRESS, BTCW_BACKEND_PATHS: '/' });
    expect(alone.upstreams.map(({ address }) => address)).toEqual(['172.17.0.1:8100']);
  });

  it.each([
    ['BTCW_BACKEND_ADDRESS', '127.0.0.1:8000'],
    ['BTCW_BACKEND_ADDRESS', '0.0.0.0:8000'],
    ['BTCW_BACKEND_ADDRESS', '172.17.0.1'],
    ['BTCW_BACKEND_ADDRESS', '172.17.0.1:0'],
    ['BTCW_BACKEND_ADDRESS', 'localhost:8000'],
    ['BTCW_BACKEND_IMAGE', 'app:1'],
    ['BTCW_BACKEND_MEMORY', '1g'],
    ['BTCW_FRONTEND_PORT', '5173'],
  ])('fails for %s=%s', (name, value) => {
    expect(() => topologyFor({ ...ADDRESSES, [name]: value })).toThrow(`${name}: should`);
  });

  it('fails where nginx would listen there, too', () => {
    expect(() => topologyFor({ ...ADDRESSES, BTCW_NGINX_PORT: '8100' })).toThrow('should differ from');
  });

  it('makes the guard depend on the settings that give it a network of its own', () => {
    for (const environment of [{}, { BTCW_POSTGRES: 'on' }, { BTCW_REDIS: 'on' }]) {
      expect(serviceNamed(topologyFor(environment), 'guard').reads).toEqual(
        expect.arrayContaining(['BTCW_POSTGRES', 'BTCW_REDIS']),
      );
    }
  });

  it('is started again by its own health check where it depends on others, and Docker would not', () => {
    const worker: ServiceDefinition = {
      ...redis,
      ...{
        name: 'worker',
        ports: [],
        dependsOn: ['redis'],
        health: ['CMD-SHELL', 'true'],
        startTimeoutSec: 20,
      },
    };
    const made = (change: Partial<ServiceDefinition> = {}) =>
      serviceNamed(topologyFor({}, [redis, { ...worker, ...change }]), 'worker');
    const { health = [], init } = made();
    expect([health.slice(0, 3), health.slice(4), init]).toEqual([
      ['CMD', '/bin/sh', '-c'],
      ['sh', '/bin/sh', '-c', 'true'],
      true,
    ]);
    expect(health[3]).toContain('-ge 50 ]');
    // With checks that are rare, a deployment waits longer: 0.5 + 5 × (90 + 5).
    const rare = made({ healthTiming: { intervalSec: 90, startPeriodSec: 0.5, retries: 5 } });
    expect(rare.startTimeoutSec).toBe(476);
    expect(rare.health?.[3]).toContain('-ge 506 ]');
    for (const change of [
      { dependsOn: [] },
      { restart: 'no' },
      { restart: 'on-failure' },
      // Perhaps without a shell.
      { health: ['CMD', 'healthcheck'] },
      { health: undefined },
    ] as const) {
      expect(made(change).health).toEqual('health' in change ? change.health : worker.health);
    }
  });

  it('are waited for by no container', () => {
    const worker: ServiceDefinition = { ...redis, name: 'worker', ports: [], dependsOn: ['backend'] };
    expect(serviceNamed(topologyFor(ADDRESSES, [worker]), 'worker').dependsOn).toEqual([]);
  });
});

describe('the paths of the backend', () => {
  const pathsOf = (paths: string) =>
    topologyFor({ BTCW_BACKEND_PATHS: paths }).upstreams.map(({ service, paths: all }) => [service, ...all]);

  it('are those of their setting, a slash at the end or twice the same apart', () => {
    expect(pathsOf('/api/, /docs,/api,/openapi.json')).toEqual([
      ['backend', '/api', '/docs', '/openapi.json'],
      ['frontend', '/'],
    ]);
  });

  it('are all where it is "/": there is no frontend then', () => {
    expect(pathsOf('/')).toEqual([['backend', '/']]);
    expect(() => topologyFor({ BTCW_BACKEND_PATHS: '/', BTCW_FRONTEND_IMAGE: 'page:1' })).toThrow(
      'BTCW_BACKEND_PATHS: should not have "/" with a frontend of your own, which has it',
    );
  });

  it.each([
    ['/api', 'backend'],
    ['/api/v1/ws?token=/x', 'backend'],
    ['/apifoo', 'frontend'],
    ['/docs', 'backend'],
    ['/documents', 'frontend'],
    ['/', 'frontend'],
  ])('take %s: %s', (path, service) => {
    expect(upstreamFor(topologyFor({ BTCW_BACKEND_PATHS: '/api,/docs' }), path).service).toBe(service);
  });
});

describe('the network of the services', () => {
  const db: ServiceDefinition = { ...redis, name: 'db', ports: [], networks: [{ network: 'services' }] };
  const namesOf = (topology: Topology, service: string) =>
    serviceNamed(topology, service).networks.map(({ name, aliases = [] }) => [name, ...aliases].join(' '));

  it('is not there without a service on it', () => {
    const topology = topologyFor();
    expect(topology.networks).toEqual([topology.bridge]);
    expect(guardRules(topology)).not.toContain('chain networks');
  });

  it('has backend and frontend, too, under their names, beside the bridge', () => {
    for (const topology of [topologyFor({}, [db]), topologyFor({ BTCW_REDIS: 'on' })]) {
      for (const name of ['backend', 'frontend']) {
        expect(namesOf(topology, name)).toEqual(['bridge', `btc-watcher-services ${name}`]);
      }
      expect(namesOf(topology, 'nginx')).toEqual(['bridge']);
    }
  });

  it('comes after the bridge in the alphabet, as Docker publishes ports on the first', () => {
    const names = (project: string) => namesOf(topologyFor({ BTCW_PROJECT: project }, [db]), 'db');
    expect(names('app')).toEqual(['net-app-services']);
    expect(names('shop')).toEqual(['shop-services']);
  });

  it('is closed to the neighbours, but for what is published', () => {
    const topology = topologyFor({}, [db]);
    const device = topology.networks[1]?.device;
    const rules = guardRules(topology).replace(/\s+/g, ' ');
    expect(rules).toContain(`iifname { "lo", "docker0", "${device}" } accept`);
    expect(rules).toContain(`oifname != { "${device}" } accept iifname { "${device}" } accept`);
    expect(rules).toContain('ct status dnat accept meta protocol @lease drop');
  });
});

describe('the users of the images built here', () => {
  it.each([
    ['assets/nginx/Dockerfile', USERS.nginx],
    ['assets/backend/Dockerfile', USERS.backend],
    ['assets/frp/Dockerfile.frpc', USERS.frp],
    ['assets/frp/Dockerfile.frps', USERS.frp],
    ['assets/frontend/Dockerfile.dev', USERS.vite],
    ['assets/postgres/Dockerfile', USERS.postgres],
    ['assets/redis/Dockerfile', USERS.redis],
  ])('in %s are those of the topology', (file, user) => {
    const users = [...readFileSync(file, 'utf8').matchAll(/^USER (.+)$/gm)].map(([, name]) => name);
    expect(users).toEqual([user]);
  });

  it('own the folders that volumes are mounted over', () => {
    const owners = (file: string) =>
      [...readFileSync(file, 'utf8').matchAll(/install -d -o (\d+) -g (\d+)/g)].map(
        ([, user, group]) => `${user}:${group}`,
      );
    expect(owners('assets/backend/Dockerfile')).toEqual([USERS.backend]);
    expect(owners('assets/frp/Dockerfile.frpc')).toEqual([USERS.frp]);
    expect(new Set(owners('assets/postgres/Dockerfile'))).toEqual(new Set([USERS.postgres]));
    expect(owners('assets/redis/Dockerfile')).toEqual([USERS.redis]);
  });
});

describe("the tunnel's memory", () => {
  it.each(['frpc', 'frps'])(
    'of %s follows the connections that are served, and makes no new container',
    (name) => {
      const memoryOf = (connections: string) => {
        const { limits, environment, entrypoint } = serviceNamed(
          topologyFor({ BTCW_MAX_CONNECTIONS: connections }),
          name,
        );
        return { memoryMiB: limits.memoryMiB, container: [environment, entrypoint] };
      };
      const [few, many, most] = [memoryOf('100'), memoryOf('2500'), memoryOf('20000')];
      expect([few, many, most].map(({ memoryMiB }) => memoryMiB)).toEqual([99, 319, 1923]);
      expect(few.container[0]).toMatchObject({ GOGC: '50' });
      expect([many.container, most.container]).toEqual([few.container, few.container]);
    },
  );
});

describe("frp's window", () => {
  it('lets one transfer have 20 Mbit/s over 100 ms: half of it is on its way before the other end says more', () => {
    const patch = readFileSync('assets/go/frp/window.patch', 'utf8');
    const windows = [...patch.matchAll(/^\+\s*fmuxCfg\.MaxStreamWindowSize = (\d+) \* 1024$/gm)];
    expect(windows).toHaveLength(2);
    for (const [, kib] of windows) {
      const mbitPerSec = ((Number(kib) / 2) * 1024 * 8) / 0.1 / 1e6;
      expect(mbitPerSec).toBeGreaterThan(20);
      expect(patch).toContain(`+var version = "0.71.0+window-${kib}KiB"`);
    }
  });
});
