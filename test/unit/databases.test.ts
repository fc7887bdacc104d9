/** The databases beside the backend: what the topology has of them, and what the backend is given. */
import { describe, expect, it } from 'vitest';
import { composedEnvironment } from '../../stacks/topology/secret-environment.ts';
import type { ServiceDefinition } from '../../stacks/topology/service.ts';
import { serviceNamed } from '../../stacks/topology/topology.ts';
import { settingsOf, topologyFor } from '../support/topology.ts';

const BOTH = { BTCW_POSTGRES: 'on', BTCW_REDIS: 'on' };

const own: ServiceDefinition = {
  name: 'db',
  image: { kind: 'reference', reference: 'mysql:9.4' },
  health: undefined,
  limits: { memoryMiB: 64, pids: 64 },
  disruption: 'queries fail',
};

/** The environment that the backend is started with. */
const environmentOf = (environment: Record<string, string>): string =>
  composedEnvironment(serviceNamed(topologyFor(environment), 'backend').secretEnvironment, {
    read: (file) => `${file.split('/').at(-1)}\n`,
    show: (file) => file,
    lookup: () => undefined,
    isGenerated: () => false,
  }).text;

describe('without databases', () => {
  it('there is none, and the backend is as it was', () => {
    const topology = topologyFor();
    expect(topology.services.map(({ name }) => name)).not.toContain('postgres');
    expect(topology.networks.map(({ key }) => key)).toEqual(['bridge']);
    expect(serviceNamed(topology, 'backend')).toMatchObject({ secretEnvironment: [], dependsOn: [] });
    expect(serviceNamed(topology, 'backend').entrypoint).toBeUndefined();
  });
});

describe('the databases', () => {
  it('are on the network of the services alone, by their names, and publish nothing', () => {
    const topology = topologyFor(BOTH);
    const names = { postgres: ['postgres', 'db'], redis: ['redis'] };
    for (const [name, aliases] of Object.entries(names)) {
      expect(serviceNamed(topology, name)).toMatchObject({
        ports: [],
        readOnlyRoot: true,
        capabilities: [],
        networks: [{ network: 'services', name: 'btc-watcher-services', aliases }],
        volumes: [{ name: `btc-watcher-${name}-data` }],
      });
    }
    expect(serviceNamed(topology, 'guard').command?.[1]).not.toMatch(/5432|6379/);
  });

  it('are there before the backend, which reaches them and gets their addresses', () => {
    const backend = serviceNamed(topologyFor(BOTH), 'backend');
    expect(backend.dependsOn).toEqual(['postgres', 'redis']);
    expect(backend.networks.map(({ network }) => network)).toEqual(['bridge', 'services']);
    expect(environmentOf(BOTH)).toBe(
      [
        'DATABASE_URL="postgresql://app:postgres-password@postgres:5432/app"',
        'REDIS_URL="redis://:redis-password@redis:6379/0"',
        '',
      ].join('\n'),
    );
  });

  it('can be one of them alone', () => {
    expect(serviceNamed(topologyFor({ BTCW_REDIS: 'on' }), 'backend').dependsOn).toEqual(['redis']);
  });

  it('hand over their addresses under the names that are set', () => {
    const names = {
      BTCW_POSTGRES_URL_NAME: 'DB',
      BTCW_POSTGRES_URL_SCHEME: 'postgresql+asyncpg',
      BTCW_REDIS_URL_NAME: 'CACHE',
    };
    expect(environmentOf({ ...BOTH, ...names })).toMatch(/^DB="postgresql\+asyncpg:.*\nCACHE="redis:/);
  });

  it('have the memory that is set, and a part of it for their data', () => {
    const topology = topologyFor({ ...BOTH, BTCW_POSTGRES_MEMORY: '1g', BTCW_REDIS_MEMORY: '100m' });
    expect(serviceNamed(topology, 'postgres').limits.memoryMiB).toBe(1024);
    expect(serviceNamed(topology, 'postgres').command).toContain('shared_buffers=256MB');
    expect(serviceNamed(topology, 'redis').command).toContain('60mb');
  });

  it.each(['8m', '1t', '0m', '-1g', 'much'])('fail when their memory is %j', (memory) => {
    expect(() => settingsOf({ BTCW_POSTGRES_MEMORY: memory })).toThrow(
      `should be an amount of memory such as "512m" or "2g", and at least "64m", got "${memory}"`,
    );
  });

  it('fail when a service of the user has their name', () => {
    const conflict = /BTCW_POSTGRES: should be "off", as there is a service "db" of your own, got "on"/;
    expect(() => topologyFor(BOTH, [own])).toThrow(conflict);
    expect(() => topologyFor({ BTCW_REDIS: 'on' }, [own])).not.toThrow();
  });
});
