/** What a compose file may not say, and that none is half understood. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isMap, isScalar, isSeq, parseDocument, type YAMLMap, type Document as YamlDocument } from 'yaml';
import { looksSecret } from '../../stacks/compose/environment.ts';
import { SERVICE_KEYS } from '../../stacks/compose/keys.ts';
import { type ComposeCase, composeText, readCase } from '../support/compose.ts';

const DOCKERFILE = 'FROM scratch\n';

const problemsOf = (text: string, rest: Omit<ComposeCase, 'text'> = {}): readonly string[] =>
  readCase({ text, ...rest }).problems.map((line) => line.replace(/^compose\.yaml:/, ''));

/** A service beside a page, which is all that a file needs. */
const withService = (lines: string): string =>
  `services:\n  frontend: { image: "site:1" }\n  one:\n    image: one:1\n${lines.replace(/^(?=.)/gm, '    ')}\n`;

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  'old-links': [
    '10: services.backend.ports[0]: "8000-8010:8000-8010" is a range of ports: write a line for each port.',
    '10: services.backend.ports[1]: "53:53/udp" is UDP, and only TCP ports are published here.',
    '5: services.backend.links: is not supported: all services find each other by name. For another name: networks: { default: { aliases: [name] } }.',
    '9: services.backend.mem_swappiness: is not supported: swap is not used, the limit is "mem_limit".',
    '7: services.backend.volumes_from: is not supported: name the volumes in both services.',
    '8: services.backend.net: is no key of the Compose Specification.',
    '14: services.frontend.cpu_shares: is not supported: "cpus", "mem_limit" and "pids_limit" bound a service.',
    '15: services.frontend.dns: is not supported: names are resolved by Docker.',
    '21: services.db.volumes[0]: "pgdata" is no volume of the file: name it under "volumes:", or begin a path with "./".',
    '22: services.db.volumes[1]: there is no "/app/init.sql".',
    '18: services.db.enviroment: is no key of the Compose Specification; did you mean "environment"?',
    '13: services.frontend.depends_on[0]: "cache" is no service of the file.',
  ],
  traefik: [
    '16: services.updater.volumes[0]: "/var/run/docker.sock" of the host is not mounted: it gives control of the host.',
    '11: services.app.labels: name routes for a reverse proxy that is left out. Give them to this package\'s: x-btcw: { routes: ["/"] }.',
    '1: services: none of app, updater has routes. Call the one that answers pages "frontend" and the one that answers /api "backend", or say it: x-btcw: { routes: ["/"], port: 8000 }.',
  ],
  privileged: [
    '19: services.frontend.environment.LEVEL: 007 may be read as another number: put it in quotes.',
    '18: services.frontend.healthcheck.interval: should be a duration such as "30s" or "1m30s", got "30".',
    '14: services.frontend.volumes[0]: "/" of the host is not mounted: it gives control of the host.',
    '14: services.frontend.volumes[1]: "/sys" of the host is not mounted: it gives control of the host.',
    '16: services.frontend.restart: should be "no", "always", "unless-stopped" or "on-failure", got "sometimes".',
    '17: services.frontend.mem_limit: should be a size such as "512m", got "lots".',
    '15: services.frontend.deploy.mode: should be "replicated", got "global".',
    '15: services.frontend.deploy.replicas: should be 1, as each service here is one container, got "3".',
    '10: services.frontend.cap_add[0]: is not supported: CAP_SYS_ADMIN would give the service access to the host or its network.',
    '13: services.frontend.security_opt[0]: "seccomp:unconfined" is not supported: "no-new-privileges" is, and is always on.',
    '9: services.frontend.devices: is not supported: it would give the service access to the host.',
    '11: services.frontend.gpus: is not supported: containers here get no devices.',
    '7: services.frontend.ipc: is not supported: services have namespaces of their own.',
    '4: services.frontend.network_mode: is not supported: services are on the network of the project, where they find each other by name.',
    '6: services.frontend.pid: is not supported: services have namespaces of their own.',
    '5: services.frontend.privileged: is not supported: it would give the service access to the host.',
    '12: services.frontend.sysctls: is not supported: set it on the host.',
    '8: services.frontend.userns_mode: is not supported: services have namespaces of their own.',
    "22: networks.default.external: is not supported: services here are on a network of the project's own.",
  ],
};

describe('a compose file that is refused', () => {
  for (const [name, problems] of Object.entries(REFUSED)) {
    it(`names every line and key: ${name}`, () => {
      const read = readCase({ text: composeText(name) });
      expect(read.problems.map((line) => line.replace(/^compose\.yaml:/, ''))).toEqual(problems);
      expect(read.services).toEqual([]);
    });
  }

  it('does not lose the files that a reverse proxy of its own serves', () => {
    const text = composeText('django-celery').replace(/ {4}x-btcw:\n {6}routes: \[\/static.*\n.*\n/, '');
    expect(
      problemsOf(text, { env: '', files: { 'docker/Dockerfile': DOCKERFILE, 'nginx.conf': '' } }),
    ).toEqual([
      '55: services.nginx: is a reverse proxy, which this package has, but it has files of its own to serve (static_volume at /static). x-btcw: { routes: ["/static"] } keeps it for the paths of these files; x-btcw: { keep: false } leaves it out.',
    ]);
  });

  it.each([
    ['is no YAML', 'services:\n  a: [1\n', /^3: YAML: .* a bracket is not closed/],
    ['has a key twice', withService('image: two:1'), /^5: YAML: Map keys must be unique/],
    ['is empty', '', /^1: YAML: the file is empty/],
    ['has a key that is a list', '? [a]\n: 1\nservices: {}\n', /^1: YAML: a key should be text/],
    ['has two documents', 'services: {}\n---\nservices: {}\n', /^2: YAML: one file should have one document/],
    ['has a tag of its own', withService('command: !reset null'), /^5: YAML: Tags .* not supported/],
    [
      'names an anchor that is not there',
      withService('labels: *none'),
      /^5: services\.one\.labels: there is no anchor "&none"/,
    ],
    ['has no services', 'services: {}\n', /^1: services: there is no service to deploy/],
    ['includes others', `include: [a.yaml]\n${withService('')}`, /^1: include: is not supported/],
    ['has no way in', 'services:\n  a: { image: "a:1" }\n  b: { image: "b:1" }\n', /none of a, b has routes/],
    [
      'leaves "/" to nobody',
      'services:\n  a: { image: "a:1", x-btcw: { routes: /a, port: 1 } }\n',
      /no service has the route "\/"/,
    ],
    [
      'does not say the port',
      'services:\n  a: { image: "a:1" }\n',
      /^2: services\.a: has routes, but does not say on which port/,
    ],
    ['extends itself', withService('extends: one'), /^5: services\.one\.extends: extends itself/],
    [
      'extends nobody',
      withService('extends: { service: two, file: other.yaml }'),
      /^1: YAML: cannot be read|other\.yaml:1/,
    ],
    [
      'waits for nobody',
      withService('depends_on: [two]'),
      /^5: services\.one\.depends_on\[0\]: "two" is no service/,
    ],
    [
      'waits for a health that is not checked',
      withService('depends_on: { two: { condition: service_healthy } }').concat(
        '  two: { image: "two:1" }\n',
      ),
      /"two" has no "healthcheck"/,
    ],
    [
      'needs a variable',
      withService('user: $UNSET'),
      /^5: services\.one\.user: UNSET is not set\. Write UNSET=value into \.env/,
    ],
    [
      'demands a variable',
      withService(`user: "$\{UNSET:?who}"`),
      /^5: services\.one\.user: needs the variable UNSET, which is not set: who/,
    ],
    [
      'has a brace that is not closed',
      withService(`user: "$\{A"`),
      /^5: services\.one\.user: has a brace that is not closed/,
    ],
    [
      'hides a name that no shell exports',
      withService('environment: { api.token: x }'),
      /^5: services\.one\.environment\.api\.token: "api\.token" is no name that a shell exports/,
    ],
    ['empties the command', withService('command: []'), /^5: services\.one\.command: should not be empty/],
    [
      'shows a secret in a label',
      withService('labels: { auth: "$DB_PASSWORD" }'),
      /^5: services\.one\.labels\.auth: should have no secret/,
    ],
    [
      'has no image',
      'services:\n  frontend: { ports: ["1:1"] }\n',
      /^2: services\.frontend: should have an "image", or a "build"/,
    ],
    [
      'builds from nowhere',
      withService('build: ./none'),
      /^5: services\.one\.build: there is no folder "\/app\/none"/,
    ],
    [
      'builds from the internet',
      withService('build: https://github.com/a/b.git'),
      /^5: services\.one\.build: should be a folder of this host/,
    ],
    [
      'names no file of variables',
      withService('env_file: [a.env]'),
      /^5: services\.one\.env_file\[0\]: there is no file "\/app\/a\.env"/,
    ],
    [
      'publishes at random',
      withService('ports: ["80"]'),
      /^5: services\.one\.ports\[0\]: should name the port of the host, too: "80:80"/,
    ],
    [
      'has a secret from elsewhere',
      `${withService('secrets: [a]')}secrets: { a: { environment: A } }\n`,
      /^6: secrets\.a\.environment: is not supported/,
    ],
    [
      'has a volume of somebody',
      `${withService('volumes: ["a:/a"]')}volumes: { a: { external: true } }\n`,
      /^6: volumes\.a: is made outside of the project/,
    ],
    [
      'has a volume somewhere',
      `${withService('volumes: ["a:/a"]')}volumes: { a: { driver_opts: { type: nfs } } }\n`,
      /^6: volumes\.a\.driver_opts: is not supported/,
    ],
    [
      'gives two services one name',
      withService('').replace('  one:', '  a_b: { image: "a:1" }\n  a-b:'),
      /would be called "a-b", as another service is/,
    ],
    [
      'says two limits',
      withService('mem_limit: 1g\ndeploy: { resources: { limits: { memory: 2g } } }'),
      /^6: services\.one\.deploy\.resources\.limits\.memory: contradicts the other limit/,
    ],
    [
      'has an image of this package that is not there',
      withService('').replace('one:1', 'btcw/mysql'),
      /^4: services\.one\.image: should be one of btcw\/postgres, btcw\/redis/,
    ],
    [
      'has a quote open',
      withService(`command: sh -c "a`),
      /^5: services\.one\.command: has a quote that is not closed/,
    ],
    [
      'takes a label of tools',
      withService('labels: { btc-watcher.project: x }'),
      /^5: services\.one\.labels\.btc-watcher\.project: /,
    ],
  ])('%s', (_, text, problem) => {
    const problems = problemsOf(text, { env: 'DB_PASSWORD=x\n' });
    expect(
      problems.some((line) => problem.test(line)),
      problems.join('\n'),
    ).toBe(true);
  });

  it('whose aliases would fill the memory', () => {
    const levels = Array.from(
      { length: 9 },
      (_, index) => `x-${index + 1}: &a${index + 1} [${`*a${index}, `.repeat(9)}]`,
    );
    const problems = problemsOf(`x-0: &a0 [1, 2]\n${levels.join('\n')}\nservices: {}\n`);
    expect(problems).toEqual(['1: YAML: its aliases or levels make it too large.']);
  });

  it('whose levels are too many', () => {
    expect(problemsOf(`${'- '.repeat(5_000)}x`)).toEqual([
      '1: YAML: its aliases or levels make it too large.',
    ]);
  });

  it('whose keys and variables are what every object has', () => {
    expect(problemsOf(withService('constructor: 1\nuser: $toString\ndeploy: { __proto__: 1 }'))).toEqual([
      expect.stringContaining('6: services.one.user: toString is not set.'),
      '7: services.one.deploy.__proto__: is not supported here, or is no key of the Compose Specification.',
      '5: services.one.constructor: is no key of the Compose Specification.',
    ]);
  });
});

/** Each key of a service in the Compose Specification, with a value of its form. */
const SPECIFICATION: Readonly<Record<string, string>> = {
  annotations: '{ a: b }',
  attach: 'false',
  blkio_config: '{ weight: 300 }',
  build: '.',
  cap_add: '[SYS_NICE]',
  cap_drop: '[CHOWN]',
  cgroup: 'host',
  cgroup_parent: 'm',
  command: 'serve',
  configs: '[file]',
  container_name: 'other',
  cpu_count: '2',
  cpu_percent: '50',
  cpu_period: '100000',
  cpu_quota: '50000',
  cpu_rt_period: '1400us',
  cpu_rt_runtime: '400ms',
  cpu_shares: '512',
  cpus: '0.5',
  cpuset: '0,1',
  credential_spec: '{ file: a.json }',
  depends_on: '[frontend]',
  deploy: '{ resources: { limits: { pids: 7 } } }',
  develop: '{ watch: [{ action: sync, path: ./src, target: /src }] }',
  device_cgroup_rules: '["c 1:3 mr"]',
  devices: '["/dev/ttyUSB0:/dev/ttyUSB0"]',
  dns: '1.1.1.1',
  dns_opt: '[use-vc]',
  dns_search: 'example.com',
  domainname: 'example.com',
  entrypoint: '/serve',
  env_file: 'file',
  environment: '{ A: b }',
  expose: '[9000]',
  extends: 'base',
  external_links: '[other]',
  extra_hosts: '["other:192.0.2.1"]',
  gpus: 'all',
  group_add: '[mail]',
  healthcheck: '{ test: [CMD, "true"] }',
  hostname: 'other',
  image: 'two:2',
  init: 'true',
  ipc: 'shareable',
  isolation: 'default',
  label_file: 'file',
  labels: '{ a: b }',
  links: '[frontend]',
  logging: '{ driver: local }',
  mac_address: '02:42:ac:11:65:43',
  mem_limit: '64m',
  mem_reservation: '32m',
  mem_swappiness: '10',
  memswap_limit: '1g',
  models: '[llm]',
  network_mode: 'none',
  networks: '{ default: { aliases: [other] } }',
  oom_kill_disable: 'true',
  oom_score_adj: '100',
  pid: 'host',
  pids_limit: '9',
  platform: 'linux/amd64',
  ports: '["9000:9000"]',
  post_start: '[{ command: "true" }]',
  pre_start: '[{ command: "true" }]',
  pre_stop: '[{ command: "true" }]',
  privileged: 'true',
  profiles: '[other]',
  provider: '{ type: other }',
  pull_policy: 'always',
  pull_refresh_after: '24h',
  read_only: 'true',
  restart: 'always',
  runtime: 'runsc',
  scale: '2',
  secrets: '[file]',
  security_opt: '["apparmor:unconfined"]',
  shm_size: '128m',
  stdin_open: 'true',
  stop_grace_period: '30s',
  stop_signal: 'SIGINT',
  storage_opt: '{ size: 1G }',
  sysctls: '{ net.core.somaxconn: 1024 }',
  tmpfs: '/run',
  tty: 'true',
  ulimits: '{ nproc: 9 }',
  use_api_socket: 'true',
  user: '"1000"',
  userns_mode: 'host',
  uts: 'host',
  volumes: '["./folder:/folder"]',
  volumes_from: '[frontend]',
  working_dir: '/srv',
};

/** They change nothing on a host, with docker compose either; `expose` says where nginx finds what has routes. */
const WITHOUT_EFFECT = ['attach', 'develop', 'expose'];

describe('a key of a service', () => {
  const files = { Dockerfile: DOCKERFILE, file: '', 'folder/a': '' };
  const further =
    '  base: { image: "base:1", restart: "no" }\nsecrets: { file: { file: file } }\nconfigs: { file: { file: file } }\n';
  const readWith = (lines: string) => readCase({ text: `${withService(lines)}${further}`, files });
  const before = readWith('');

  it('is known, if it is in the Specification', () => {
    expect(Object.keys(SERVICE_KEYS).sort()).toEqual(Object.keys(SPECIFICATION).sort());
  });

  it.each(Object.entries(SPECIFICATION))('is deployed, told or refused: %s', (key, value) => {
    const lines = key === 'image' ? '' : `${key}: ${value}`;
    const read =
      key === 'image'
        ? readCase({ text: `${withService('').replace('one:1', value)}${further}`, files })
        : readWith(lines);
    if (WITHOUT_EFFECT.includes(key)) return expect(read).toEqual(before);
    if (read.problems.length > 0) {
      expect(read.problems).toEqual([
        expect.stringMatching(`^compose\\.yaml:5: services\\.one\\.${key}[[.:]`),
      ]);
    } else expect(read).not.toEqual(before);
  });

  it('is on the page, and among what is refused where it is', () => {
    const [supported = '', refused = ''] = readFileSync('docs/compose.md', 'utf8').split('Refused, each');
    const [, table = ''] = supported.split('## Keys of a service');
    const missing = Object.entries(SERVICE_KEYS).filter(
      ([key, reader]) => !(typeof reader === 'function' ? table : refused).includes(`\`${key}\``),
    );
    expect(missing).toEqual([]);
  });

  it('is ignored where it is for others than Compose', () => {
    expect(readWith('x-anything: { a: [1] }')).toEqual(before);
  });
});

/** All maps of a document that are its own: what an alias brings is looked at where it is written. */
function mapsOf(document: YamlDocument): YAMLMap[] {
  const visit = (node: unknown): YAMLMap[] => {
    if (isMap(node)) return [node, ...node.items.flatMap(({ value }) => visit(value))];
    return isSeq(node) ? node.items.flatMap(visit) : [];
  };
  return visit(document.contents);
}

describe('an unknown key', () => {
  const files = {
    ...{ Dockerfile: DOCKERFILE, 'docker/Dockerfile': DOCKERFILE, 'backend/Dockerfile': DOCKERFILE },
    ...{ 'server/Dockerfile': DOCKERFILE, 'client/Dockerfile': DOCKERFILE, 'api/Dockerfile': DOCKERFILE },
    ...{
      'secrets/db_password.txt': 'x',
      'secrets/signing.pem': 'y',
      'features.json': '{}',
      'nginx.conf': '',
    },
    ...{ 'uploads/a': '', 'public/a': '', 'site.conf': '', 'data/a': '', 'src/a': '' },
  };
  const env = 'DB_PASSWORD=a\nMONGO_ROOT_PASSWORD=b\nCOMMIT=c\nPOLICY=always\nFULL=d\n';
  const names = [
    'fastapi',
    'one-container',
    'django-celery',
    'node-local-image',
    'go-binary',
    'interpolation',
    'secrets',
  ];

  it.each(names)('in any map of a file changes what is read, or is refused: %s', (name) => {
    const text = composeText(name);
    const before = readCase({ text, files, env });
    expect(before.problems).toEqual([]);
    const count = mapsOf(parseDocument(text)).length;
    for (let index = 0; index < count; index += 1) {
      const document = parseDocument(text);
      const map = mapsOf(document)[index];
      map?.set(document.createNode('unheard_of'), document.createNode('1'));
      const after = readCase({ text: document.toString(), files, env });
      // What is for a swarm is told, and not read.
      if (map?.has('order')) continue;
      const keys = map?.items.map(({ key }) => (isScalar(key) ? key.value : '')).join(', ');
      expect(after, `in the map of ${keys}`).not.toEqual(before);
    }
  });
});

describe('a value that looks secret', () => {
  it.each([
    ['DB_PASSWORD', 'x', true],
    ['PGPASSWORD', 'x', true],
    ['MYSQL_PWD', 'x', true],
    ['SECRET_KEY', 'x', true],
    ['API_KEYS', 'x', true],
    ['GITHUB_TOKEN', 'x', true],
    ['SENTRY_DSN', 'x', true],
    ['DATABASE_URL', 'postgres://app:p@ss/word@db/app', true],
    ['REDIS_URL', 'redis://:x@redis', true],
    ['REDIS_URL', 'redis://redis:6379/0', false],
    ['DB_PASSWORD_FILE', '/run/secrets/x', false],
    ['ACCESS_TOKEN_EXPIRE_MINUTES', '30', false],
    ['JWT_ALGORITHM', 'HS256', false],
    ['KEYBOARD', 'qwerty', false],
    ['DB_PASSWORD', '', false],
    ['LOG_LEVEL', 'info', false],
  ])('%s=%s: %s', (name, value, secret) => {
    expect(looksSecret(name, value)).toBe(secret);
  });
});
