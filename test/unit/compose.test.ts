/** Compose files of the shapes that projects have: what is deployed, what is changed on the way, what is refused. */
import { describe, expect, it } from 'vitest';
import { hiddenVariable } from '../../stacks/render/start-script.ts';
import { parseSettings } from '../../stacks/settings/parse.ts';
import { anyHttpHealth } from '../../stacks/topology/health.ts';
import type { DockerfileRecipe, ImageSource } from '../../stacks/topology/image-source.ts';
import type { ServiceDefinition } from '../../stacks/topology/service.ts';
import { type ComposeCase, composeText, readCase } from '../support/compose.ts';
import { memoryFiles } from '../support/files.ts';
import { topologyFor } from '../support/topology.ts';

const DOCKERFILE = 'FROM scratch\n';
const HERE = ['127.0.0.1', '172.17.0.1'];
const START = '/run/secrets/start';

const NARROWED = 'published for this host and its containers only, not on all addresses: nginx is the way in';
const NO_LIMIT = 'without "mem_limit" a service gets 512 MiB';
const NO_RESTART = 'without "restart" a service is started again unless it was stopped';
const NAMED = 'containers are called <project>-<service>; the name in the file is kept on the network';
const LEFT_OUT =
  'is left out, as this package has its own reverse proxy and frp client (x-btcw: { keep: true } keeps it)';
const ALL_REQUESTS = 'gets all requests, as no other service has routes';

/** A service with what those of a compose file have, unless they say otherwise. */
const service = (name: string, rest: Partial<ServiceDefinition>): ServiceDefinition => ({
  name,
  image: { kind: 'reference', reference: `${name}:1` },
  networks: [{ network: 'services', aliases: [name] }],
  ports: [],
  readOnlyRoot: false,
  tmpMiB: 256,
  capabilities: [
    ...[
      'CHOWN',
      'DAC_OVERRIDE',
      'FOWNER',
      'FSETID',
      'KILL',
      'SETGID',
      'SETUID',
      'SETPCAP',
      'NET_BIND_SERVICE',
    ],
  ].map((capability) => `CAP_${capability}`),
  environment: {},
  health: undefined,
  limits: { memoryMiB: 512, pids: 256 },
  dependsOn: [],
  disruption: `${name} is away`,
  ...rest,
});

/** One that nginx sends requests to. */
const routed = (
  name: string,
  { container, host, path, routes }: { container: number; host: number; path: string; routes: string[] },
  rest: Partial<ServiceDefinition> = {},
): ServiceDefinition =>
  service(name, {
    networks: [{ network: 'services', aliases: [name] }, { network: 'bridge' }],
    ports: [{ container, host, addresses: HERE }],
    routes,
    healthPath: path,
    health: anyHttpHealth(container, path),
    ...rest,
  });

const backend = (container: number, rest: Partial<ServiceDefinition> = {}): ServiceDefinition =>
  routed(
    'backend',
    { container, host: 8000, path: '/health', routes: ['/api'] },
    {
      id: 'Backend',
      image: { kind: 'reference', reference: 'api:1' },
      ports: [{ container, host: 8000, addresses: HERE, setting: 'BTCW_BACKEND_PORT' }],
      disruption: 'sockets drop',
      ...rest,
    },
  );

const frontend = (container: number, rest: Partial<ServiceDefinition> = {}): ServiceDefinition =>
  routed(
    'frontend',
    { container, host: 3000, path: '/', routes: ['/'] },
    {
      id: 'Frontend',
      image: { kind: 'reference', reference: 'site:1' },
      ports: [{ container, host: 3000, addresses: HERE, setting: 'BTCW_FRONTEND_PORT' }],
      disruption: 'pages wait, sockets stay',
      ...rest,
    },
  );

interface Deployed extends Omit<ComposeCase, 'text'> {
  readonly services: readonly ServiceDefinition[];
  readonly notices: readonly string[];
}

const django = (name: string, rest: Partial<ServiceDefinition>) =>
  service(name, {
    image: {
      kind: 'context',
      folder: '/app',
      dockerfile: 'docker/Dockerfile',
      args: { REQUIREMENTS: 'production' },
      target: 'runtime',
    },
    secretEnvironment: [{ file: '/app/.env' }],
    ...rest,
  });

const recipe = (name: string, from: ImageSource): DockerfileRecipe => ({
  kind: 'dockerfile',
  name,
  dockerfile: `assets/${name}/Dockerfile`,
  from,
  fromArgument: 'BASE',
  sources: [`assets/${name}`],
});

const ours = (name: string): ServiceDefinition['image'] => ({
  ...recipe(name, recipe('runtime', { kind: 'debian', name: 'base', packages: 'assets/base/packages.txt' })),
  packagesArgument: 'DEBIAN',
});

const DEPLOYED: Readonly<Record<string, Deployed>> = {
  fastapi: {
    env: 'DB_PASSWORD=p@ss\n',
    files: { 'backend/Dockerfile': DOCKERFILE, 'uploads/.keep': '' },
    services: [
      backend(8000, {
        image: { kind: 'context', folder: '/app/backend' },
        routes: ['/'],
        restart: 'always',
        secretEnvironment: [
          { file: '/app/.env' },
          { name: 'DATABASE_URL', value: 'postgresql+asyncpg://app:p@ss@db:5432/app' },
          { name: 'REDIS_URL', value: 'redis://redis:6379/0' },
          { name: 'LOG_LEVEL', value: 'info' },
        ],
        binds: [{ source: '/app/uploads', path: '/app/uploads', writable: true }],
        dependsOn: ['db', 'redis'],
      }),
      service('db', {
        image: { kind: 'reference', reference: 'postgres:17' },
        ports: [{ container: 5432, host: 5432, addresses: HERE }],
        environment: { POSTGRES_USER: 'app', POSTGRES_DB: 'app' },
        secretEnvironment: [{ name: 'POSTGRES_PASSWORD', value: 'p@ss' }],
        volumes: [{ purpose: 'pgdata', path: '/var/lib/postgresql/data', shared: true }],
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
        health: ['CMD', '/bin/sh', START, '/bin/sh', '-c', 'pg_isready -U ${POSTGRES_USER}'],
        healthTiming: { intervalSec: 5, timeoutSec: 3, retries: 5 },
        startTimeoutSec: 60,
      }),
      service('redis', {
        image: { kind: 'reference', reference: 'redis:8' },
        ports: [
          { container: 6379, host: 6379, addresses: HERE },
          { container: 6379, host: 16379, addresses: ['127.0.0.1'] },
        ],
      }),
    ],
    notices: [
      `backend: ${ALL_REQUESTS}`,
      `port 8000 of backend, port 5432 of db, port 6379 of redis: ${NARROWED}`,
      `backend, db, redis: ${NO_LIMIT}`,
      `db, redis: ${NO_RESTART}`,
    ],
  },
  'reverse-proxy': {
    files: {
      'nginx/nginx.conf': `server {
  location /api { proxy_pass http://api:4000; }
  location = /docs { proxy_pass http://api:4000; }
  location /ws/ { proxy_pass http://api:4000; }
  location ~ \\.php$ { deny all; }
  location ^~ /.well-known/acme-challenge/ { root /var/www; }
}`,
    },
    services: [
      routed(
        'api',
        { container: 4000, host: 4000, path: '/api/health', routes: ['/api', '/docs', '/openapi.json'] },
        {
          image: {
            kind: 'reference',
            reference: `registry.example.com:5000/shop/api@sha256:${'a'.repeat(64)}`,
          },
          networks: [
            { network: 'services', aliases: ['api', 'api.internal', 'shop-api'] },
            { network: 'bridge' },
          ],
          restart: 'unless-stopped',
          limits: { memoryMiB: 256, pids: 256 },
        },
      ),
      routed(
        'web',
        { container: 8080, host: 8080, path: '/', routes: ['/'] },
        {
          image: { kind: 'reference', reference: 'shop/web:2.1' },
          networks: [{ network: 'services', aliases: ['web', 'shop-web'] }, { network: 'bridge' }],
          restart: 'unless-stopped',
          limits: { memoryMiB: 128, pids: 256 },
        },
      ),
    ],
    notices: [
      'the project is called btc-watcher (BTCW_PROJECT), not shop',
      `nginx, certbot, frpc: ${LEFT_OUT}`,
      `shop-api, shop-web: ${NAMED}`,
      'api: logs are kept and rotated as those of all containers here (BTCW_LOG_MAX_SIZE)',
      'front, back: all services are on one network of the project, which separates no service from another',
      'back: a network that was internal leads to the internet here',
      'the reverse proxy that is left out has paths of its own: /ws/. Where the routes here do not cover them: x-btcw: { routes: […] } on the service they belong to',
    ],
  },
  anchors: {
    services: [
      frontend(8080, {
        restart: 'unless-stopped',
        environment: { TZ: 'UTC', LOG_LEVEL: 'debug' },
        limits: { memoryMiB: 128, pids: 256 },
      }),
      backend(8000, {
        restart: 'unless-stopped',
        environment: { TZ: 'UTC', LOG_LEVEL: 'info', WORKERS: '4', DEBUG: 'false', RATIO: '1.5' },
        limits: { memoryMiB: 128, pids: 256 },
      }),
      service('worker', {
        image: { kind: 'reference', reference: 'api:1' },
        health: ['NONE'],
        restart: 'unless-stopped',
        command: ['worker', '--queue', 'high priority', '--name', 'its'],
        environment: { TZ: 'UTC', LOG_LEVEL: 'info', WORKERS: '1', DEBUG: 'false', RATIO: '1.5' },
        limits: { memoryMiB: 128, pids: 256 },
      }),
    ],
    notices: [
      'frontend, backend, worker: logs are kept and rotated as those of all containers here (BTCW_LOG_MAX_SIZE)',
    ],
  },
  profiles: {
    env: 'COMPOSE_PROFILES=jobs\n',
    services: [frontend(3000), service('worker', {})],
    notices: [`frontend, worker: ${NO_RESTART}`, `frontend, worker: ${NO_LIMIT}`],
  },
  'one-container': {
    services: [
      routed(
        'wiki',
        { container: 3001, host: 8080, path: '/', routes: ['/'] },
        {
          image: { kind: 'reference', reference: 'wiki:2.1.0' },
          restart: 'unless-stopped',
          volumes: [
            { purpose: 'wiki-data', path: '/app/data', shared: true },
            { purpose: 'app-cache', path: '/app/cache' },
          ],
          limits: { memoryMiB: 1536, pids: 256 },
        },
      ),
    ],
    notices: [
      `wiki: ${NAMED}`,
      'wiki-data: volumes are named after the project, whatever the file calls them',
      `wiki: ${ALL_REQUESTS}`,
      `port 8080 of wiki: ${NARROWED}`,
    ],
  },
  'django-celery': {
    env: 'SECRET_KEY=x\n',
    files: { 'docker/Dockerfile': DOCKERFILE, 'nginx.conf': '' },
    services: [
      {
        ...routed('web', { container: 8000, host: 8000, path: '/healthz', routes: ['/'] }),
        image: django('web', {}).image,
        secretEnvironment: [{ file: '/app/.env' }],
        command: ['gunicorn', 'portal.wsgi', '--bind', '0.0.0.0:8000'],
        volumes: [
          { purpose: 'static_volume', path: '/app/static', shared: true },
          { purpose: 'media', path: '/app/media', shared: true },
        ],
        dependsOn: ['migrate'],
      },
      django('migrate', {
        command: ['python', 'manage.py', 'migrate', '--noinput'],
        restart: 'no',
        oneOff: true,
        dependsOn: ['db'],
      }),
      django('celery-worker', {
        networks: [{ network: 'services', aliases: ['celery_worker'] }],
        command: ['celery', '-A', 'portal', 'worker', '-l', 'info'],
        stopGraceSec: 90,
        stopSignal: 'SIGQUIT',
        dependsOn: ['db', 'redis'],
        disruption: 'celery_worker is away',
      }),
      django('celery-beat', {
        networks: [{ network: 'services', aliases: ['celery_beat'] }],
        command: ['celery', '-A', 'portal', 'beat'],
        dependsOn: ['celery-worker'],
        disruption: 'celery_beat is away',
      }),
      service('db', {
        image: ours('postgres'),
        secretEnvironment: [{ file: '/app/.env' }],
        volumes: [{ purpose: 'db', path: '/var/lib/postgresql/data', shared: true }],
        shmMiB: 128,
        health: ['CMD', '/bin/sh', START, 'healthcheck'],
      }),
      service('redis', { image: ours('redis'), health: ['CMD', 'healthcheck'] }),
      routed(
        'app-nginx',
        { container: 80, host: 80, path: '/static/robots.txt', routes: ['/static', '/media'] },
        {
          image: { kind: 'reference', reference: 'nginx:1.28' },
          networks: [{ network: 'services', aliases: ['nginx'] }, { network: 'bridge' }],
          binds: [{ source: '/app/nginx.conf', path: '/etc/nginx/conf.d/default.conf', writable: true }],
          volumes: [
            { purpose: 'static_volume', path: '/static', shared: true, readOnly: true },
            { purpose: 'media', path: '/media', shared: true, readOnly: true },
          ],
          disruption: 'nginx is away',
        },
      ),
    ],
    notices: [
      'celery_worker: is called "celery-worker" here; the others find it by its own name, too',
      'celery_beat: is called "celery-beat" here; the others find it by its own name, too',
      'nginx: is called "app-nginx" here; the others find it by its own name, too',
      `web, celery_worker, celery_beat, db, redis, nginx: ${NO_RESTART}`,
      `web, migrate, celery_worker, celery_beat, db, redis, nginx: ${NO_LIMIT}`,
      `port 80 of nginx: ${NARROWED}`,
    ],
  },
  'node-local-image': {
    env: 'MONGO_ROOT_PASSWORD=s3cret\nCOMMIT=abc\n',
    files: { 'server/Dockerfile': DOCKERFILE, 'client/Dockerfile': DOCKERFILE },
    services: [
      backend(5000, {
        image: { kind: 'context', folder: '/app/server', args: { NODE_ENV: 'production', COMMIT: 'abc' } },
        ports: [
          { container: 5000, host: 8000, addresses: HERE, setting: 'BTCW_BACKEND_PORT' },
          { container: 9229, host: 9229, addresses: HERE },
        ],
        init: true,
        workingDir: '/srv',
        user: '1000:1000',
        environment: { NODE_ENV: 'production', PORT: '5000' },
        secretEnvironment: [{ name: 'MONGO_URL', value: 'mongodb://root:s3cret@documents:27017' }],
        extraHosts: { 'host.docker.internal': 'host-gateway', exchange: '203.0.113.7' },
        dependsOn: ['documents'],
      }),
      frontend(3000, { image: { kind: 'context', folder: '/app/client' } }),
      service('documents', {
        image: { kind: 'reference', reference: 'local/documents:7' },
        // The password is named, and comes with the environment.
        command: [
          ...['mongod', '--quiet', '--bind_ip_all', '--setParameter'],
          `password=${hiddenVariable('BTCW_HIDDEN_MONGO_ROOT_PASSWORD')}`,
        ],
        secretEnvironment: [{ name: 'BTCW_HIDDEN_MONGO_ROOT_PASSWORD', value: 's3cret' }],
        volumes: [{ purpose: 'documents', path: '/data/db', shared: true }],
        binds: [{ source: '/app/backup', path: '/backup' }],
        tmpfs: [{ path: '/data/journal', sizeMiB: 64 }],
        labels: { 'com.example.tier': 'data' },
      }),
    ],
    notices: [
      'frontend: containers here have no terminal',
      '/app/backup: folders that are not there are made by Docker and belong to root',
      `port 9229 of backend: ${NARROWED}`,
      'backend: port 8000 of this host leads to it, not 5001 (BTCW_BACKEND_PORT)',
      `backend, frontend, documents: ${NO_RESTART}`,
      `backend, frontend, documents: ${NO_LIMIT}`,
    ],
  },
  'go-binary': {
    files: { Dockerfile: DOCKERFILE },
    services: [
      routed(
        'ticker',
        { container: 80, host: 80, path: '/', routes: ['/'] },
        {
          image: { kind: 'context', folder: '/app' },
          readOnlyRoot: true,
          tmpMiB: 32,
          capabilities: ['CAP_NET_BIND_SERVICE'],
          user: '65532',
          entrypoint: ['/ticker', 'serve'],
          environment: { LISTEN: ':80' },
          health: ['CMD', '/ticker', 'health'],
          healthTiming: { intervalSec: 60, timeoutSec: 1, startPeriodSec: 120 },
          startTimeoutSec: 301,
          tmpfs: [{ path: '/var/cache', sizeMiB: 16 }],
          ulimits: { nproc: [64, 64], nofile: [1024, 65535] },
          limits: { memoryMiB: 64, pids: 32, cpus: 0.5 },
          restart: 'on-failure:3',
        },
      ),
    ],
    notices: [
      'ticker: while a service starts, its health is checked each second or two',
      'ticker: deploy.update_config is for a swarm, and has no effect on one host, as with docker compose',
      'ticker: nothing is reserved on a single host; limits apply',
      `ticker: ${ALL_REQUESTS}`,
      `port 80 of ticker: ${NARROWED}`,
    ],
  },
  'static-site': {
    files: { 'public/index.html': '', 'site.conf': '' },
    services: [
      routed(
        'web',
        { container: 80, host: 8080, path: '/', routes: ['/'] },
        {
          image: { kind: 'reference', reference: 'nginx:alpine' },
          binds: [
            { source: '/app/public', path: '/usr/share/nginx/html' },
            { source: '/app/site.conf', path: '/etc/nginx/conf.d/default.conf' },
          ],
        },
      ),
    ],
    notices: [
      `web: ${ALL_REQUESTS}`,
      `port 8080 of web: ${NARROWED}`,
      `web: ${NO_RESTART}`,
      `web: ${NO_LIMIT}`,
    ],
  },
  interpolation: {
    env: 'FULL=world\nEMPTY=\nPOLICY=always\nFROM_ENVIRONMENT=here\nSITE_PORT=9000\nGREETING=\n',
    services: [
      frontend(8080, {
        image: { kind: 'reference', reference: 'site:1.0' },
        limits: { memoryMiB: 128, pids: 256 },
        readOnlyRoot: true,
        restart: 'always',
        labels: { version: '1.0' },
        environment: { PRICE: '5$', DEFAULTED: 'kept', TOKEN_FILE: '/run/secrets/token' },
        secretEnvironment: [
          { name: 'GREETING', value: ' , all' },
          { name: 'NESTED', value: 'world' },
          { name: 'API_KEY', value: 'public-by-mistake' },
          { name: 'FROM_ENVIRONMENT', value: 'here' },
        ],
      }),
    ],
    notices: [
      `port 3000 of frontend: ${NARROWED}`,
      'frontend: port 3000 of this host leads to it, not 9000 (BTCW_FRONTEND_PORT)',
    ],
  },
  extends: {
    files: {
      'common/services.yaml': composeText('extends-common'),
      'common/api.env': 'A=b\n',
      'common/defaults/a': '',
      'common/assets/a': '',
      'data/a': '',
      'api/Dockerfile': DOCKERFILE,
    },
    services: [
      backend(8000, {
        image: { kind: 'context', folder: '/app/api' },
        restart: 'always',
        command: ['serve', '--all'],
        secretEnvironment: [
          { file: '/app/common/api.env' },
          { name: 'DEBUG', value: '0' },
          { name: 'MODE', value: 'web' },
        ],
        binds: [
          { source: '/app/common/assets', path: '/assets' },
          { source: '/app/data', path: '/data', writable: true },
        ],
        limits: { memoryMiB: 256, pids: 256 },
      }),
      frontend(3000, { restart: 'always', limits: { memoryMiB: 64, pids: 256 } }),
    ],
    notices: [`port 8000 of backend: ${NARROWED}`],
  },
  secrets: {
    files: {
      'secrets/db_password.txt': 'x',
      'secrets/signing.pem': 'y',
      'features.json': '{}',
      'api/Dockerfile': DOCKERFILE,
    },
    services: [
      backend(8000, {
        image: {
          kind: 'context',
          folder: '/app/api',
          secrets: [{ id: 'signing', file: '/app/secrets/signing.pem' }],
        },
        environment: { DB_PASSWORD_FILE: '/run/secrets/db_password' },
        binds: [{ source: '/app/features.json', path: '/etc/api/features.json' }],
        labels: { 'compose.configs': '44136fa355b3' },
        config: {
          path: '/run/secrets',
          owner: '0:0',
          secretMode: '0444',
          onChange: 'restart',
          files: [
            { path: 'db_password', secretFile: '/app/secrets/db_password.txt' },
            { path: 'jwt.pem', secretFile: '/app/secrets/signing.pem' },
          ],
        },
      }),
      frontend(3000, {
        binds: [{ source: '/app/features.json', path: '/features' }],
        labels: { 'compose.configs': '44136fa355b3' },
      }),
    ],
    notices: [
      'backend: secrets and configs belong to root and may be read by the service, whoever it runs as',
      `backend, frontend: ${NO_RESTART}`,
      `backend, frontend: ${NO_LIMIT}`,
    ],
  },
  override: {
    files: { 'compose.override.yaml': composeText('override-local'), 'src/main.py': '' },
    services: [
      backend(8000, {
        command: ['serve', '--reload'],
        environment: { MODE: 'development', WORKERS: '4' },
        binds: [{ source: '/app/src', path: '/src', writable: true }],
        limits: { memoryMiB: 1024, pids: 256 },
      }),
      frontend(3000, { restart: 'no', limits: { memoryMiB: 64, pids: 256 } }),
    ],
    notices: [
      'compose.override.yaml: is laid over the compose file, as docker compose does',
      `port 8000 of backend: ${NARROWED}`,
      `backend: ${NO_RESTART}`,
    ],
  },
};

describe('a compose file that is deployed', () => {
  for (const [name, { services, notices, ...files }] of Object.entries(DEPLOYED)) {
    it(`is read: ${name}`, () => {
      const read = readCase({ text: composeText(name), ...files });
      expect(read.problems).toEqual([]);
      expect(read.services).toEqual(services);
      expect(read.notices).toEqual(notices);
    });
  }
});

describe('settings beside a compose file', () => {
  const text =
    'services:\n  backend: { image: "api:1", depends_on: [cache] }\n  cache: { image: "cache:1" }\n';

  it('hand databases and generated secrets to its backend', () => {
    const settings = { BTCW_POSTGRES: 'on', BTCW_BACKEND_GENERATE: 'SECRET_KEY', BTCW_BACKEND_PORT: '8123' };
    const [backend] = readCase({ text, settings }).services;
    expect(backend).toMatchObject({
      dependsOn: ['cache', 'postgres'],
      ports: [{ container: 8000, host: 8123, addresses: HERE, setting: 'BTCW_BACKEND_PORT' }],
      secretEnvironment: [
        { name: 'SECRET_KEY', secretFile: expect.stringMatching(/secrets\/btc-watcher\//) },
        { name: 'DATABASE_URL', after: '@postgres:5432/app' },
      ],
    });
  });

  it('hand nothing to nobody', () => {
    const { problems } = readCase({
      text: 'services: { frontend: { image: "a:1" } }',
      settings: { BTCW_REDIS: 'on' },
    });
    expect(problems).toEqual([
      'compose.yaml:1: services: the settings give REDIS_URL to a service named "backend", which is not here. Name one so, or take the databases into the file (image: btcw/postgres, btcw/redis).',
    ]);
  });

  it("make a topology without the package's own applications", () => {
    const { services } = readCase({ text });
    const topology = topologyFor({ BTCW_COMPOSE_FILE: 'test/compose/fastapi.yaml' }, services);
    expect(topology.services.map(({ name }) => name)).toEqual([
      ...['nginx', 'backend', 'frpc', 'frps', 'guard', 'cache'],
    ]);
    expect(topology.upstreams).toEqual([
      { service: 'backend', address: '172.17.0.1:8000', paths: ['/'], healthPath: '/health' },
    ]);
    expect(topology.absent.map(({ name }) => name)).toContain('frontend');
  });
});

describe('the settings', () => {
  const COMPOSE = { '/home/owner/project/compose.yaml': { text: 'services: {}' } };
  const parse = (dotEnv: string, files: Record<string, { text: string }> = COMPOSE, environment = {}) =>
    parseSettings(environment, dotEnv, memoryFiles(files));

  it('find the compose file beside .env', () => {
    expect(parse('').BTCW_COMPOSE_FILE).toBe('/home/owner/project/compose.yaml');
    expect(parse('', { '/home/owner/project/docker-compose.yml': { text: '' } }).BTCW_COMPOSE_FILE).toBe(
      '/home/owner/project/docker-compose.yml',
    );
    expect(parse('', {}).BTCW_COMPOSE_FILE).toBeUndefined();
    expect(parse('BTCW_COMPOSE_FILE=off').BTCW_COMPOSE_FILE).toBeUndefined();
    expect(() => parse('BTCW_COMPOSE_FILE=none.yaml')).toThrow(
      'should be a compose file that exists, or "off"',
    );
  });

  it('share .env with the compose file beside it, which is read as Compose reads it', () => {
    const shared = 'SECRET_KEY="a\nb"\nURL=http://$HOST_NAME/\nBTCW_NGINX_PORT=8600\nlower_case=1\n';
    expect(parse(shared).BTCW_NGINX_PORT).toBe(8600);
  });

  it('fail where names of an application are in .env, and its compose file is not beside it', () => {
    expect(() => parse('SECRET_KEY=a', {})).toThrow('.env, line 1: SECRET_KEY: is not a setting');
    expect(() => parse('SECRET_KEY=a\nBTCW_COMPOSE_FILE=off')).toThrow('SECRET_KEY: is not a setting');
    expect(() =>
      parse('SECRET_KEY=a\nBTCW_COMPOSE_FILE=/srv/compose.yaml', { '/srv/compose.yaml': { text: '' } }),
    ).toThrow('SECRET_KEY: is not a setting');
  });

  it('fail where a setting has a typo, with a compose file, too', () => {
    expect(() => parse('BTCW_NGINX_PROT=8600')).toThrow('did you mean BTCW_NGINX_PORT?');
    expect(() => parse('BTWC_NGINX_PORT=8600')).toThrow('did you mean BTCW_NGINX_PORT?');
  });

  it.each(['BTCW_BACKEND_IMAGE=api:1', 'BTCW_FRONTEND_MODE=dev', 'BTCW_BACKEND_CONTAINER_PORT=80'])(
    'fail where they say what the file says: %s',
    (line) => {
      const [name] = line.split('=');
      expect(() => parse(line)).toThrow(
        `${name}: should not be set together with a compose file (/home/owner/project/compose.yaml)`,
      );
    },
  );
});
