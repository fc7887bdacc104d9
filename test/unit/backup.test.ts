/** Archives: what is read of them, what is refused, and what happens to what they hold. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ArchiveWriter, archiveManifest, unpackArchive } from '../../scripts/backup/archive.ts';
import { surplus } from '../../scripts/backup/before-deploy.ts';
import { isPostgres, redisPassword, rolesScript, WithoutMark } from '../../scripts/backup/databases.ts';
import { describeMember, readManifest, volumesOf } from '../../scripts/backup/manifest.ts';
import { requirePlaces } from '../../scripts/backup/restore.ts';
import { volumeAt } from '../../scripts/backup/take.ts';
import { bytesText } from '../../scripts/lib/bytes.ts';
import { withUndo } from '../../scripts/lib/scratch.ts';
import { hiddenVariable } from '../../stacks/render/start-script.ts';
import { serviceNamed } from '../../stacks/topology/topology.ts';
import { topologyFor } from '../support/topology.ts';

const ABOUT = {
  project: 'shop',
  time: '2026-11-28T12:00:00.000Z',
  versions: { package: '0.1.0', docker: '28.0.0' },
  settings: { BTCW_POSTGRES: 'on' },
};

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'btcw-backup-'));
  file = join(folder, 'backup.tar');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An archive with one secret. */
async function writeArchive() {
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'hush\n');
  const archive = new ArchiveWriter(join(folder, 'staged'));
  await archive.addFile({ kind: 'secret', path: 'secrets/jwt-secret', name: 'jwt-secret' }, secret);
  return archive.write(file, ABOUT);
}

const unpack = async (archive = file) => {
  const target = mkdtempSync(join(folder, 'unpacked-'));
  return { manifest: await unpackArchive(archive, target), target };
};

/** An archive with these files, as somebody else might make it. */
function forge(files: Record<string, string>): string {
  const forged = mkdtempSync(join(folder, 'forged-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(forged, name), text);
  const path = join(folder, 'forged.tar');
  execFileSync('tar', ['-cf', path, '-C', forged, ...Object.keys(files)]);
  return path;
}

describe('an archive', () => {
  it('is for this user alone, and gives back what was put in', async () => {
    const written = await writeArchive();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { manifest, target } = await unpack();
    expect(manifest).toEqual(written);
    expect(manifest).toMatchObject({ ...ABOUT, members: [{ size: 5, sha256: expect.any(String) }] });
    expect(readFileSync(join(target, 'secrets/jwt-secret'), 'utf8')).toBe('hush\n');
  });

  it('fails when it is cut short', async () => {
    await writeArchive();
    const inSecret = readFileSync(file).indexOf('hush') + 2;
    // Within the secret, before it, and within the manifest.
    for (const bytes of [inSecret, inSecret - 300, 700]) {
      truncateSync(file, bytes);
      await expect(unpack()).rejects.toThrow(`${file} is cut short or damaged`);
    }
  });

  it('fails when a byte has changed', async () => {
    await writeArchive();
    const content = readFileSync(file);
    content[content.indexOf('hush')] = 'p'.charCodeAt(0);
    writeFileSync(file, content);
    await expect(unpack()).rejects.toThrow(
      `${file} is cut short or damaged: secrets/jwt-secret has another checksum. Nothing was changed.`,
    );
  });

  it.each([
    ['is no tar file', () => 'no archive'],
    ['is empty', () => ''],
  ])('fails when it %s', async (_, content) => {
    writeFileSync(file, content());
    await expect(archiveManifest(file)).rejects.toThrow(`${file} is no backup of this package.`);
  });

  it('fails when it is a tar file of something else', async () => {
    await expect(archiveManifest(forge({ 'holiday.txt': 'x' }))).rejects.toThrow(
      'is no backup of this package',
    );
    await expect(archiveManifest(forge({ 'manifest.json': '{"format":"other"}' }))).rejects.toThrow(
      'is no backup of this package',
    );
  });

  it('fails when it is a pipe that nobody writes into', async () => {
    execFileSync('mkfifo', [file]);
    await expect(archiveManifest(file)).rejects.toThrow(`${file} is no backup of this package.`);
  });

  it('fails when there is none', async () => {
    await expect(archiveManifest(join(folder, 'nowhere.tar'))).rejects.toThrow('there is no such file');
  });
});

describe('a manifest', () => {
  const manifest = (change: object) =>
    JSON.stringify({ format: 'btc-watcher-backup', schemaVersion: 1, ...ABOUT, members: [], ...change });
  const secret = { kind: 'secret', name: 'x', size: 1, sha256: '0'.repeat(64) };

  it('fails when a later version has written it', () => {
    expect(() => readManifest(manifest({ schemaVersion: 2 }), 'a.tar')).toThrow(
      'a.tar was made by a later version of this package.',
    );
  });

  it.each(['../x', '/etc/passwd', 'secrets/../../x', 'secrets/a/b', '-rf', 'secrets/-x'])(
    'fails when it names the path %j',
    (path) => {
      expect(() => readManifest(manifest({ members: [{ ...secret, path }] }), 'a.tar')).toThrow('is damaged');
    },
  );

  it.each(['../x', 'a/b', '-v', ''])('fails when it names the volume %j', (volume) => {
    const member = { ...secret, kind: 'volume', path: 'volumes/x', volume };
    expect(() => readManifest(manifest({ members: [member] }), 'a.tar')).toThrow('is damaged');
  });

  it('says what its members are, and which volumes they fill', () => {
    const checked = { size: 1, sha256: '0'.repeat(64) };
    const database = {
      kind: 'postgres',
      service: 'db',
      database: 'app',
      version: 17,
      volume: 'db-data',
    } as const;
    const members = [
      { ...checked, ...database, path: 'databases/db-1.dump' },
      { ...checked, ...database, database: 'other', path: 'databases/db-2.dump' },
      { ...checked, kind: 'volume', volume: 'backend-data', path: 'volumes/backend-data.tar.gz' } as const,
    ];
    expect(members.map(describeMember)).toEqual([
      'database app of db',
      'database other of db',
      'volume backend-data',
    ]);
    expect(volumesOf({ members })).toEqual(['db-data', 'backend-data']);
  });
});

describe('what an archive holds', () => {
  const topology = topologyFor({ BTCW_PROJECT: 'shop', BTCW_POSTGRES: 'on' });
  const checked = { path: 'databases/x', size: 1, sha256: '0'.repeat(64) };
  const manifest = (service: string) =>
    readManifest(
      JSON.stringify({
        ...{ format: 'btc-watcher-backup', schemaVersion: 1, ...ABOUT },
        members: [{ ...checked, kind: 'postgres', service, database: 'app', version: 17 }],
      }),
      'a.tar',
    );

  it('has its place where its services are', () => {
    expect(() => requirePlaces(manifest('postgres'), topology, 'a.tar')).not.toThrow();
  });

  it('fails when it is of another project', () => {
    expect(() => requirePlaces(manifest('postgres'), topologyFor(), 'a.tar')).toThrow(
      'a.tar is of the project "shop", and BTCW_PROJECT is "btc-watcher".\n  Fix: add --project shop',
    );
  });

  it('fails when its services are not there', () => {
    expect(() => requirePlaces(manifest('db'), topology, 'a.tar')).toThrow(
      'a.tar holds what these settings have no place for: database app of db.',
    );
  });
});

describe('a database', () => {
  it('is known by its image', () => {
    const image = (reference: string) => ({ image: { kind: 'reference' as const, reference } });
    const known = [
      'postgres:17',
      'docker.io/library/postgres:16-alpine',
      'postgis/postgis:17',
      'my/app_postgres:1',
    ];
    expect(known.map((reference) => isPostgres(image(reference)))).toEqual(known.map(() => true));
    const others = ['redis:8', 'dpage/pgadmin4:9', 'mysql:9', 'prometheuscommunity/notpostgres:1'];
    expect(others.map((reference) => isPostgres(image(reference)))).toEqual(others.map(() => false));
    expect(isPostgres(serviceNamed(topologyFor({ BTCW_POSTGRES: 'on' }), 'postgres'))).toBe(true);
    expect(isPostgres(serviceNamed(topologyFor(), 'backend'))).toBe(false);
  });

  it('has its folder in a volume, or below it', () => {
    const volumes = [{ purpose: 'data', path: '/var/lib/postgresql/data', name: 'shop-db-data' }];
    expect(volumeAt({ volumes }, '/var/lib/postgresql/data')).toEqual({ name: 'shop-db-data', folder: '.' });
    expect(volumeAt({ volumes }, '/var/lib/postgresql/data/pgdata')).toEqual({
      name: 'shop-db-data',
      folder: 'pgdata',
    });
    expect(volumeAt({ volumes }, '/var/lib/postgresql/data2')).toBeUndefined();
  });

  it('may have its password on its command line', () => {
    expect(redisPassword({ command: ['redis-server', '--requirepass', 'hush'] })).toBe('hush');
    expect(redisPassword({ command: ['redis-server'] })).toBe('');
    const start = { path: 'start', command: ['redis-server', '--requirepass', hiddenVariable('PW')] };
    const config = { path: '/run/secrets', owner: '0:0', onChange: 'restart', files: [], start } as const;
    expect(redisPassword({ entrypoint: ['/bin/sh', '/run/secrets/start'], config })).toBe(
      hiddenVariable('PW'),
    );
  });

  it('keeps its own roles and the password of the one with all rights', () => {
    const dump = [
      '\\restrict abc',
      'CREATE ROLE app;',
      "ALTER ROLE app WITH SUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$4096:x==$y=';",
      'CREATE ROLE "odd role";',
      'ALTER ROLE "odd role" WITH LOGIN PASSWORD \'SCRAM-SHA-256$4096:x==$z=\';',
      '\\unrestrict abc',
    ].join('\n');
    expect(rolesScript(dump, 'app').split('\n')).toEqual([
      'SELECT $x$CREATE ROLE app$x$ WHERE to_regrole($x$app$x$) IS NULL \\gexec',
      'ALTER ROLE app WITH SUPERUSER LOGIN;',
      'SELECT $x$CREATE ROLE "odd role"$x$ WHERE to_regrole($x$"odd role"$x$) IS NULL \\gexec',
      'ALTER ROLE "odd role" WITH LOGIN PASSWORD \'SCRAM-SHA-256$4096:x==$z=\';',
    ]);
  });

  it('has its file without the mark of the connection, whatever pieces it comes in', async () => {
    const content = Buffer.from('REDIS0012 some data \u00ff12345678', 'latin1');
    const marked = Buffer.concat([content, Buffer.from('0123456789abcdef0123456789abcdef01234567')]);
    const strip = (chunks: readonly Buffer[]) => buffer(Readable.from(chunks).pipe(new WithoutMark()));
    expect(await strip([marked])).toEqual(content);
    expect(await strip([...marked].map((byte) => Buffer.from([byte])))).toEqual(content);
    expect(await strip([content])).toEqual(content);
  });
});

describe('what has to be undone', () => {
  it('is undone after a failure, once', async () => {
    const undo = vi.fn();
    await expect(withUndo(undo, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(undo).toHaveBeenCalledTimes(1);
  });

  /** Does so in a process of its own, which is signalled meanwhile. */
  function signalled(work: string) {
    const script = `
      import { withUndo } from './scripts/lib/scratch.ts';
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      await withUndo(() => console.log('undone'), async () => { ${work} });`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const { status, stdout } = spawnSync('node', args, { encoding: 'utf8' });
    return { status, stdout };
  }

  it('waits at a signal for those who end their work in order', () => {
    const work = `
      process.on('SIGTERM', () => console.log('answered'));
      process.kill(process.pid, 'SIGTERM');
      await pause(200);
      console.log('ended');`;
    expect(signalled(work)).toEqual({ status: 0, stdout: 'answered\nended\nundone\n' });
  });

  it('is undone at a signal that nobody else answers, before the process ends', () => {
    const work = `process.kill(process.pid, 'SIGTERM'); await pause(20_000);`;
    expect(signalled(work)).toEqual({ status: 143, stdout: 'undone\n' });
  });
});

describe('the backups before deployments', () => {
  it('are the newest ones', () => {
    const names = ['2026-3.tar', '2026-1.tar', '2026-2.tar', 'mine.txt'];
    expect(surplus(names, 2)).toEqual(['2026-1.tar']);
    expect(surplus(names, 5)).toEqual([]);
  });
});

describe('an amount of data', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1234, '1.2 kB'],
    [5_600_000_000, '5.6 GB'],
  ])('of %i is written as "%s"', (bytes, text) => expect(bytesText(bytes)).toBe(text));
});
