import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  backUpState,
  ensureState,
  examineState,
  holderText,
  idsIn,
  isLocked,
  judgeState,
  type Place,
  readState,
} from '../../scripts/deployment/state.ts';
import { localTime } from '../../scripts/lib/text.ts';

const PROJECT = 'btc-watcher';
const FILE = `terraform.${PROJECT}.tfstate`;
const OURS = { label: 'btc-watcher.project', value: PROJECT };

/** A state as Terraform writes it, with one container. */
const stateWith = (attributes: Record<string, unknown>, serial = 1): string =>
  JSON.stringify(
    {
      version: 4,
      serial,
      lineage: 'x',
      resources: [{ mode: 'managed', type: 'docker_container', name: 'C', instances: [{ attributes }] }],
    },
    null,
    2,
  );
const GOOD = stateWith({ id: 'abc', name: 'btc-watcher-nginx', labels: [OURS] });
const EMPTY_BUT_VALID = JSON.stringify({ version: 4, serial: 9, resources: [] });
const FOREIGN = stateWith({
  id: 'def',
  name: 'btc-watcher-2-nginx',
  labels: [{ label: 'btc-watcher.project', value: 'btc-watcher-2' }],
});

let place: Place;
let told: string[];
const path = (name: string) => join(place.folder, name);
const write = (text: string) => writeFileSync(path(FILE), text);
const state = () => readFileSync(path(FILE), 'utf8');
const setAside = () => readdirSync(place.folder).filter((name) => name.startsWith(`${FILE}.broken-`));
const backups = () => readdirSync(path(`.state-backups/${PROJECT}`)).sort();
const addBackup = (name: string, text: string) => {
  mkdirSync(path(`.state-backups/${PROJECT}`), { recursive: true });
  writeFileSync(path(`.state-backups/${PROJECT}/${name}.tfstate`), text);
};
/** Has the kernel say that a process holds a lock on the state. */
const lock = (ino = statSync(path(FILE)).ino) => {
  mkdirSync(join(place.proc, '77/fd'), { recursive: true });
  symlinkSync(path(FILE), join(place.proc, '77/fd/3'));
  const line = (pid: number, inode: number) => `1: POSIX  ADVISORY  WRITE ${pid} fe:00:${inode} 0 EOF\n`;
  writeFileSync(join(place.proc, 'locks'), line(76, 1) + line(77, ino));
};

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'btcw-state-'));
  place = { folder, proc: join(folder, 'proc') };
  mkdirSync(place.proc);
  writeFileSync(join(place.proc, 'locks'), '');
  told = [];
  vi.spyOn(console, 'error').mockImplementation((line: string) => void told.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(place.folder, { recursive: true });
});

describe('what a state file holds', () => {
  it.each([
    ['a state', GOOD, undefined],
    ['a state of an earlier version, without labels', stateWith({ name: 'btc-watcher-nginx' }), undefined],
    ['a state without resources', EMPTY_BUT_VALID, undefined],
    ['nothing', '', 'is empty'],
    ['blanks', ' \n', 'is empty'],
    ['zeros, as after a power failure', '\0'.repeat(4096), 'is cut short or damaged'],
    ['the first half of a state', GOOD.slice(0, GOOD.length / 2), 'is cut short or damaged'],
    ['other JSON', '{}', 'is no Terraform state'],
    ['JSON that is no object', 'null', 'is no Terraform state'],
    ["another project's", FOREIGN, 'is of another project, "btc-watcher-2"'],
    [
      'a state whose labels are none',
      stateWith({ name: 'btc-watcher-nginx', labels: { a: null }, id: 5 }),
      undefined,
    ],
    [
      'a state whose instances have nothing',
      GOOD.replace(/"attributes": \{.*?\}\n\s*\]\n\s*\}/s, '"attributes": null'),
      'is of another project, ""',
    ],
    [
      "another project's, without labels",
      stateWith({ name: 'shop-nginx' }),
      'is of another project, "shop-nginx"',
    ],
  ])('%s', (_what, text, problem) => {
    const reading = judgeState(text, PROJECT);
    expect(reading.kind === 'broken' ? reading.problem : undefined).toBe(problem);
  });

  it('names the containers that it knows', () => {
    write(GOOD);
    expect(idsIn(readState(PROJECT, place), 'docker_container')).toEqual(
      new Map([['btc-watcher-nginx', 'abc']]),
    );
    expect(idsIn(readState(PROJECT, place), 'docker_network')).toEqual(new Map());
  });
});

describe('a lock', () => {
  it('is held while a process that the kernel lists has the very file open', () => {
    write(GOOD);
    expect(isLocked(PROJECT, place)).toBe(false);
    lock();
    expect(isLocked(PROJECT, place)).toBe(true);
  });

  it('is not held by a file of the same number on another file system, or by a process that has ended', () => {
    write(GOOD);
    lock();
    rmSync(join(place.proc, '77/fd/3'));
    expect(isLocked(PROJECT, place)).toBe(false);
    rmSync(join(place.proc, '77'), { recursive: true });
    expect(isLocked(PROJECT, place)).toBe(false);
  });

  it("names who holds it, and since when on this host's clock, as Terraform notes it or prints it", () => {
    const since = localTime('2026-11-28T18:28:17Z');
    for (const Created of ['2026-11-28T18:28:17.123456789Z', '2026-11-28 18:28:17.123456789 +0000 UTC']) {
      const note = { Operation: 'OperationTypeApply', Who: 'me@host', Created };
      expect(holderText(note)).toBe(`"apply" by me@host, since ${since}`);
    }
    expect(holderText({})).toBe('"operation" by someone, since a moment ago');
  });

  it("is told by Terraform's note where the kernel does not list locks", () => {
    write(GOOD);
    rmSync(join(place.proc, 'locks'));
    expect(isLocked(PROJECT, place)).toBe(false);
    writeFileSync(path(`.${FILE}.lock.info`), '{}');
    expect(isLocked(PROJECT, place)).toBe(true);
  });
});

describe('a broken state', () => {
  it.each([
    ['emptied', '', 'is empty'],
    ['truncated', GOOD.slice(0, 100), 'is cut short or damaged'],
    ["another project's", FOREIGN, 'is of another project, "btc-watcher-2"'],
  ])(
    'that is %s is set aside and restored from the newest good backup, in one line',
    async (_how, text, problem) => {
      addBackup('2026-01-01', stateWith({ name: 'btc-watcher-nginx' }, 1));
      addBackup('2026-01-02', GOOD);
      addBackup('2026-01-03', GOOD.slice(0, 50));
      write(text);
      await ensureState(PROJECT, place);
      expect(state()).toBe(GOOD);
      const [aside = ''] = setAside();
      expect(readFileSync(path(aside), 'utf8')).toBe(text);
      expect(told).toEqual([
        `! ${FILE} ${problem}: restored from .state-backups/${PROJECT}/2026-01-02.tfstate. The broken one is kept as ${aside}.`,
      ]);
    },
  );

  it('is restored from the backup that was made last where two have the same time', async () => {
    addBackup('2026-01-01', stateWith({ name: 'btc-watcher-nginx' }, 1));
    addBackup('2026-01-02', GOOD);
    for (const name of backups()) utimesSync(path(`.state-backups/${PROJECT}/${name}`), 1, 1);
    write('');
    await ensureState(PROJECT, place);
    expect(state()).toBe(GOOD);
  });

  it("is restored from Terraform's own backup where that is newer", async () => {
    addBackup('2026-01-01', GOOD);
    const newer = stateWith({ name: 'btc-watcher-nginx' }, 2);
    writeFileSync(path(`${FILE}.backup`), newer);
    utimesSync(path(`.state-backups/${PROJECT}/2026-01-01.tfstate`), 1, 1);
    write('');
    await ensureState(PROJECT, place);
    expect(state()).toBe(newer);
  });

  it('without a good backup is set aside, and the line says what becomes of containers and volumes', async () => {
    write('{"version": 4, "res');
    await ensureState(PROJECT, place);
    expect(existsSync(path(FILE))).toBe(false);
    expect(setAside()).toHaveLength(1);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/there is no backup\. Containers .* are recreated, volumes are kept\. .*kept as/);
    expect(readState(PROJECT, place)).toBeUndefined();
  });

  it('fails the command and is left alone while another run is at work on it', async () => {
    addBackup('2026-01-01', GOOD);
    write('');
    lock();
    await expect(ensureState(PROJECT, place)).rejects.toThrow(/Another run holds the lock of "btc-watcher"/);
    expect(state()).toBe('');
    expect(setAside()).toEqual([]);
    // Terraform makes the file when it locks it.
    expect(readState(PROJECT, place)).toBeUndefined();
    write(GOOD.slice(0, 100));
    expect(() => readState(PROJECT, place)).toThrow(/Another run holds the lock/);
  });

  it('is none when a second reading finds it whole: another run was just writing it', async () => {
    write(GOOD.slice(0, 100));
    const examined = examineState(PROJECT, place);
    setTimeout(() => write(GOOD), 50);
    expect((await examined)?.kind).toBe('good');
  });

  it('is not judged while it changes', async () => {
    write(GOOD.slice(0, 100));
    const examined = examineState(PROJECT, place);
    setTimeout(() => write(GOOD.slice(0, 150)), 50);
    expect(await examined).toBeUndefined();
  });

  it('is restored once by two commands at the same time', async () => {
    addBackup('2026-01-01', GOOD);
    write('');
    await Promise.all([ensureState(PROJECT, place), ensureState(PROJECT, place)]);
    expect(state()).toBe(GOOD);
    expect(setAside()).toHaveLength(1);
    expect(told).toHaveLength(1);
  });
});

describe('a state that is not broken', () => {
  it('is left as it is, without a word', async () => {
    for (const text of [GOOD, EMPTY_BUT_VALID]) {
      write(text);
      await ensureState(PROJECT, place);
      expect(state()).toBe(text);
    }
    expect(told).toEqual([]);
  });

  it('fails the command while another run is at work on it', async () => {
    write(GOOD);
    lock();
    await expect(ensureState(PROJECT, place)).rejects.toThrow(/Another run holds the lock/);
  });

  it('is none before the first deployment; one that was removed is restored', async () => {
    await ensureState(PROJECT, place);
    expect(existsSync(path(FILE))).toBe(false);
    expect(told).toEqual([]);
    addBackup('2026-01-01', GOOD);
    await ensureState(PROJECT, place);
    expect(state()).toBe(GOOD);
    expect(told).toEqual([
      `! ${FILE} is missing: restored from .state-backups/${PROJECT}/2026-01-01.tfstate.`,
    ]);
  });
});

describe('a backup', () => {
  it('is made of a good state, for its owner alone, and not twice of the same', () => {
    write(GOOD);
    backUpState(PROJECT, place);
    backUpState(PROJECT, place);
    expect(backups()).toHaveLength(1);
    const copy = path(`.state-backups/${PROJECT}/${backups()[0]}`);
    expect(readFileSync(copy, 'utf8')).toBe(GOOD);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    write(EMPTY_BUT_VALID);
    backUpState(PROJECT, place);
    expect(backups()).toHaveLength(2);
  });

  it.each([
    ['empty', ''],
    ['truncated', GOOD.slice(0, 99)],
    ['foreign', FOREIGN],
  ])('is not made of one that is %s', (_how, text) => {
    write(text);
    backUpState(PROJECT, place);
    expect(existsSync(path('.state-backups'))).toBe(false);
  });

  it('pushes out the oldest of ten', () => {
    for (let day = 10; day <= 19; day += 1) addBackup(`2026-01-${day}`, GOOD);
    write(EMPTY_BUT_VALID);
    backUpState(PROJECT, place);
    expect(backups()).toHaveLength(10);
    expect(backups()[0]).toBe('2026-01-11.tfstate');
  });
});
