import { describe, expect, it } from 'vitest';
import { backingProblem, backingServices } from '../../scripts/deployment/backing-services.ts';
import { readReach } from '../../scripts/docker/reach.ts';

describe('the databases in an environment', () => {
  const found = (variables: Record<string, string>) =>
    backingServices(variables).map(({ variable, host, port }) => `${variable} ${host}:${port}`);

  it.each([
    ['postgresql://app:p%40ss@db:5433/x', 'db:5433'],
    ['postgresql+asyncpg://app:p@ss/w@db/x?ssl=off', 'db:5432'],
    ['postgresql://app:123#x@db/x', undefined],
    ['postgresql+asyncpg://app:p@ss@db/x', 'db:5432'],
    ['postgres://[::1]:5432/x', '::1:5432'],
    ['redis://:secret@redis/0', 'redis:6379'],
    ['rediss://cache.example.org:6380', 'cache.example.org:6380'],
    ['mongodb://a:b@one:1,two:2/x', 'one:1'],
    ['mysql+pymysql://root@localhost/x', 'localhost:3306'],
    ['amqp://guest:guest@rabbit//', 'rabbit:5672'],
    ['http://api:9000/v1', 'api:9000'],
    ['http://api/v1', 'api:80'],
    ['https://example.org/hook', undefined],
    ['http://localhost:3000', undefined],
    ['wss://stream.example.org/ws', undefined],
    ['sqlite:///data/app.db', undefined],
    ['', undefined],
    ['$DATABASE', undefined],
  ])('are read out of %s', (url, expected) => {
    expect(found({ DATABASE_URL: url })).toEqual(expected ? [`DATABASE_URL ${expected}`] : []);
  });

  it('are known by the names of variables, with the port beside', () => {
    expect(
      found({
        REDIS_HOST: 'cache',
        REDIS_PORT: '6380',
        POSTGRES_HOST: 'db',
        DB_HOST: 'db:5433',
        PGHOST: 'db',
        HOST: '0.0.0.0',
        ALLOWED_HOST: 'example.org',
        MYSQL_HOST: '',
        SMTP_HOST: 'mail.example.org',
        CELERY_BROKER_URL: 'redis://cache',
        MONGO_URI: 'mongodb://m',
        DATABASE_URL_FILE: 'postgres://x',
      }),
    ).toEqual([
      'REDIS_HOST cache:6380',
      'POSTGRES_HOST db:5432',
      'DB_HOST db:5433',
      'PGHOST db:5432',
      'CELERY_BROKER_URL cache:6379',
      'MONGO_URI m:27017',
    ]);
  });

  it('are named with what is wrong, and without a password', () => {
    const [target] = backingServices({ DATABASE_URL: 'postgresql://app:secret@db:5432/x' });
    if (!target) throw new Error('none');
    const told = (['unknown', 'refused', 'silent', 'unreachable', 'open'] as const).map((reach) =>
      backingProblem({ ...target, reach }),
    );
    expect(told).toEqual([
      'DATABASE_URL: no host "db" in the network',
      'DATABASE_URL: db:5432 refuses the connection',
      'DATABASE_URL: no answer from db:5432',
      'DATABASE_URL: no route to db:5432',
      undefined,
    ]);
    expect(backingProblem({ variable: 'A', host: 'localhost', port: 1, reach: 'refused' })).toBe(
      'A: localhost:1 (the container itself) refuses the connection',
    );
  });

  it('are tried by their numbers, and one that nothing is said of is silent', () => {
    expect(readReach('1 refused\n0 open\n', 3)).toEqual(['open', 'refused', 'silent']);
  });
});
