import { describe, expect, it } from 'vitest';
import { compare, compareFiles, type DeclaredService } from '../../scripts/diff/drift.ts';
import { effects, type History, replacements } from '../../scripts/diff/effects.ts';
import type { Observation } from '../../scripts/diff/observe.ts';
import type { ContainerInspection, ImageInspection } from '../../scripts/docker/inspect.ts';
import { localTime } from '../../scripts/lib/text.ts';
import type { Service } from '../../stacks/topology/service.ts';
import { serviceNamed } from '../../stacks/topology/topology.ts';
import { deploymentOf } from '../support/topology.ts';

const { topology } = deploymentOf();
const service: Service = {
  ...serviceNamed(topology, 'nginx'),
  environment: { A: '1' },
  entrypoint: ['nginx'],
  health: ['CMD', 'true'],
  limits: { memoryMiB: 64, pids: 64, cpuShares: 1024 },
  tmpMiB: 64,
};
const declared: DeclaredService = { project: 'btc-watcher', service, image: 'btc-watcher/nginx:1' };
const addresses = {
  container: 'docker_container.Nginx',
  config: 'terraform_data.Nginx_Files',
  limit: 'terraform_data.Nginx_Limit',
};
const observed: Observation = { service, addresses, image: declared.image, differences: [] };
const image: ImageInspection = {
  Architecture: 'amd64',
  Id: 'sha256:1',
  RepoTags: [declared.image],
  Size: 1,
  Config: { Env: ['PATH=/bin'], Labels: { built: 'yes' }, Entrypoint: null, Cmd: null },
};
const asDeclared: ContainerInspection = {
  Id: 'abc',
  Name: '/btc-watcher-nginx',
  Image: 'sha256:1',
  RestartCount: 0,
  State: {
    Status: 'running',
    Running: true,
    Pid: 1,
    ExitCode: 0,
    OOMKilled: false,
    StartedAt: '2026-11-22T12:00:00Z',
  },
  Config: {
    Image: 'sha256:1',
    Cmd: null,
    Env: ['A=1', 'PATH=/bin'],
    Labels: { built: 'yes', 'btc-watcher.project': 'btc-watcher', 'btc-watcher.component': 'nginx' },
    User: '33:33',
    Entrypoint: ['nginx'],
    Healthcheck: { Test: ['CMD', 'true'] },
  },
  HostConfig: {
    PortBindings: {
      '8501/tcp': [{ HostIp: '127.0.0.1', HostPort: '8501' }],
      '8506/tcp': [{ HostIp: '127.0.0.1', HostPort: '8506' }],
    },
    RestartPolicy: { Name: 'unless-stopped' },
    ReadonlyRootfs: true,
    Memory: 64 * 1024 * 1024,
    NanoCpus: 0,
    CpuShares: 1024,
    PidsLimit: 64,
    LogConfig: { Type: 'json-file', Config: { 'max-file': '3', 'max-size': '10m' } },
    NetworkMode: 'bridge',
    CapAdd: null,
    CapDrop: ['ALL'],
    Privileged: false,
    ShmSize: 64 * 1024 * 1024,
    Tmpfs: { '/tmp': 'rw,nosuid,nodev,noexec,size=64m' },
  },
  Mounts: [
    { Type: 'volume', Name: 'btc-watcher-guard-lock', Source: '/x', Destination: '/run/guard', RW: false },
    { Type: 'volume', Name: 'btc-watcher-nginx-config', Source: '/x', Destination: '/etc/nginx', RW: false },
  ],
  NetworkSettings: { Networks: { bridge: {} } },
};

describe('a container', () => {
  it('that is as declared has no difference, whatever order the engine lists things in', () => {
    expect(compare(declared, asDeclared, image)).toEqual([]);
  });

  it('whose environment differs is told by the name, never by the value', () => {
    const Config = { ...asDeclared.Config, Env: ['A=1', 'PATH=/bin', 'KEY=s3cret'] };
    expect(compare(declared, { ...asDeclared, Config }, image)).toEqual([
      { what: 'environment', detail: 'KEY differ', repair: 'container' },
    ]);
  });

  it('that runs something else is told with both where they are short, and without where one is a script', () => {
    const detail = (Entrypoint: string[]) =>
      compare(declared, { ...asDeclared, Config: { ...asDeclared.Config, Entrypoint } }, image);
    expect(detail(['sh'])).toEqual([
      { what: 'entrypoint', detail: '["sh"] instead of ["nginx"]', repair: 'container' },
    ]);
    expect(detail(['sh', '-c', 'true; '.repeat(30)])).toEqual([
      { what: 'entrypoint', detail: 'not the declared one', repair: 'container' },
    ]);
  });

  it('is not called different for what its image brings', () => {
    const richer = { ...image, Config: { ...image.Config, Env: ['PATH=/bin', 'LANG=C'] } };
    const Config = { ...asDeclared.Config, Env: ['A=1', 'PATH=/bin', 'LANG=C'] };
    expect(compare(declared, { ...asDeclared, Config }, richer)).toEqual([]);
  });
});

describe('what a service declares beside that', () => {
  const richService: Service = {
    ...service,
    workingDir: '/app',
    stopSignal: 'SIGINT',
    restart: 'on-failure:3',
    extraHosts: { 'host.docker.internal': 'host-gateway' },
    labels: { team: 'data' },
    tmpfs: [{ path: '/run', sizeMiB: 8 }],
    shmMiB: 128,
    ulimits: { nofile: [1024, 2048] },
    healthTiming: { intervalSec: 30, retries: 5 },
    volumes: [
      ...service.volumes,
      { purpose: 'media', path: '/media', name: 'btc-watcher-media', shared: true, readOnly: true },
    ],
    binds: [{ source: '/srv', path: '/srv', writable: true }],
  };
  const mount = (Type: string, Source: string, Destination: string, RW: boolean, Name?: string) => ({
    ...{ Type, Source, Destination, RW },
    ...(Name && { Name }),
  });
  const actual: ContainerInspection = {
    ...asDeclared,
    Config: {
      ...asDeclared.Config,
      Labels: { ...asDeclared.Config.Labels, team: 'data' },
      WorkingDir: '/app',
      StopSignal: 'SIGINT',
      Healthcheck: { Test: ['CMD', 'true'], Interval: 30e9, Timeout: 5e9, Retries: 5 },
    },
    HostConfig: {
      ...asDeclared.HostConfig,
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      ExtraHosts: ['host.docker.internal:host-gateway'],
      ShmSize: 128 * 1024 * 1024,
      Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 2048 }],
      Tmpfs: { '/run': 'rw,size=8m', '/tmp': 'rw,size=64m' },
    },
    Mounts: [
      ...asDeclared.Mounts,
      mount('volume', '/x', '/media', false, 'btc-watcher-media'),
      mount('bind', '/srv', '/srv', true),
      // Made by Docker, as the image declares it.
      mount('volume', '/x', '/data', true, '0'.repeat(64)),
    ],
  };
  const rich = { ...declared, service: richService };

  it('is no difference where the container has it', () => {
    expect(compare(rich, actual, image)).toEqual([]);
  });

  it('is a difference each where the container has none of it', () => {
    expect(compare(rich, asDeclared, image).map(({ what }) => what)).toEqual([
      'labels',
      'volumes',
      'restart policy',
      'health check times',
      'working directory',
      'stop signal',
      '/dev/shm',
      'hosts',
      'ulimits',
      'file systems in memory',
    ]);
  });

  it('is the health check of its image where it has none of its own', () => {
    const Healthcheck = { Test: ['CMD', 'from-the-image'] };
    const own = { ...image, Config: { ...image.Config, Healthcheck } };
    const running = { ...asDeclared, Config: { ...asDeclared.Config, Healthcheck } };
    expect(compare({ ...declared, service: { ...service, health: undefined } }, running, own)).toEqual([]);
  });
});

describe('configuration files', () => {
  const wanted = new Map<string, string | undefined>([
    ['nginx.conf', 'a'],
    ['start', undefined],
  ]);

  it('are told as edited, missing or foreign, and never by their content', () => {
    const files = new Map([
      ['nginx.conf', 'secret'],
      ['extra', 'secret'],
    ]);
    const found = compareFiles(files, wanted);
    expect(found.map(({ what, detail }) => `${what} ${detail}`)).toEqual([
      'nginx.conf was edited by hand',
      'start is missing',
      'extra does not belong there',
    ]);
    expect(JSON.stringify(found)).not.toContain('secret');
  });

  it('that a script makes are only looked for', () => {
    const files = new Map([
      ['nginx.conf', 'a'],
      ['start', 'anything'],
    ]);
    expect(compareFiles(files, wanted)).toEqual([]);
  });
});

describe('the effect', () => {
  const review = (
    planned: { address: string; action: string }[],
    history: History = { settings: [], release: undefined },
  ) => effects([observed], planned, history, topology);

  it('of nothing is no row', () => {
    expect(review([])).toEqual([]);
  });

  it('of a new container outweighs that of a new configuration', () => {
    const [row] = review([
      { address: addresses.container, action: 'replace' },
      { address: 'terraform_data.Nginx_Files', action: 'replace' },
    ]);
    expect(row?.effect).toBe('recreate (sockets drop)');
  });

  it('takes as long as it took last time', () => {
    const startSec = { 'btc-watcher-nginx': 22 };
    const release = { images: {}, startSec };
    const outageOf = (address: string) =>
      review([{ address, action: 'replace' }], { settings: [], release })[0]?.outage;
    expect(outageOf(addresses.container)).toBe('until healthy, 22 s last time');
    expect(review([{ address: addresses.container, action: 'replace' }])[0]?.outage).toBe(
      'until healthy, 3 to 5 s',
    );
  });

  it('of a container that has stopped is a start, for programs in the same word in each language', () => {
    const State = { ...asDeclared.State, Status: 'exited', Running: false };
    const differences = compare(declared, { ...asDeclared, State }, image);
    expect(differences).toEqual([{ what: 'state', detail: 'exited instead of running', repair: 'start' }]);
    expect(
      effects([{ ...observed, differences }], [], { settings: [], release: undefined }, topology),
    ).toEqual([
      {
        container: 'btc-watcher-nginx',
        action: 'start',
        effect: 'start',
        because: ['state: exited instead of running'],
        outage: 'it is down now',
      },
    ]);
  });

  it('of a new image names both tags', () => {
    const [row] = review([{ address: addresses.container, action: 'replace' }], {
      settings: [],
      release: { images: { nginx: 'btc-watcher/nginx:0' } },
    });
    expect(row?.because).toEqual(['image: btc-watcher/nginx:0 → btc-watcher/nginx:1']);
  });

  it('of a renewed image says from when its packages are', () => {
    const release = { images: { nginx: 'btc-watcher/nginx:0' } };
    const because = (edition?: string) =>
      review([{ address: addresses.container, action: 'replace' }], {
        settings: [],
        release: { ...release, edition: '2026-10-01T08-00-00.000Z' },
        ...(edition && { edition }),
      })[0]?.because;
    expect(because('2026-11-28T22-10-03.000Z')).toEqual([
      `image: btc-watcher/nginx:0 → btc-watcher/nginx:1, with the packages of ${localTime('2026-11-28T22:10:03Z')}`,
    ]);
    // A change of its sources since.
    expect(because('2026-10-01T08-00-00.000Z')).toEqual(['image: btc-watcher/nginx:0 → btc-watcher/nginx:1']);
  });

  it('of a setting names it for the services that were made from it, and for no other', () => {
    const change = (name: 'BTCW_MAX_CONNECTIONS' | 'BTCW_ADMIN_USER') => [{ name, from: '1', to: '2' }];
    const because = (name: 'BTCW_MAX_CONNECTIONS' | 'BTCW_ADMIN_USER') =>
      review([{ address: addresses.config, action: 'replace' }], {
        settings: change(name),
        release: undefined,
      })[0]?.because;
    expect(because('BTCW_MAX_CONNECTIONS')).toEqual(['BTCW_MAX_CONNECTIONS: 1 → 2']);
    expect(because('BTCW_ADMIN_USER')).toEqual(['a secret or something it depends on changed']);
  });

  it('of a container that is no longer declared is a row, with the setting that leaves it out', () => {
    const address = 'docker_container.Guard';
    const rows = effects(
      [],
      [{ address, action: 'delete' }],
      {
        settings: [{ name: 'BTCW_GUARD', from: 'on', to: 'off' }],
        release: { images: {}, names: { [address]: 'btc-watcher-guard' } },
      },
      deploymentOf({ BTCW_GUARD: 'off' }).topology,
    );
    expect(rows).toEqual([
      {
        container: 'btc-watcher-guard',
        action: 'remove',
        effect: 'remove',
        because: ['BTCW_GUARD: on → off'],
        outage: 'for good',
      },
    ]);
  });
});

describe('what terraform is told to replace', () => {
  const difference = (repair: 'container' | 'update' | 'config' | 'limit') => ({
    what: 'x',
    detail: 'y',
    repair,
  });

  it.each([
    ['container', [addresses.container]],
    ['config', ['terraform_data.Nginx_Files']],
    ['limit', ['terraform_data.Nginx_Limit']],
    ['update', []],
  ] as const)('for a difference that a new %s repairs is %j', (repair, expected) => {
    expect(replacements([{ ...observed, differences: [difference(repair)] }])).toEqual(expected);
  });

  it('is not what it does by itself, and not what it does not know', () => {
    const differences = [difference('container')];
    expect(
      replacements([{ ...observed, differences }], [{ address: addresses.container, action: 'create' }]),
    ).toEqual([]);
    expect(replacements([{ ...observed, differences, conflictingContainer: 'id' }])).toEqual([]);
  });
});
