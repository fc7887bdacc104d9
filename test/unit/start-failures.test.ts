/** What is said of a program that does not start. */
import { describe, expect, it } from 'vitest';
import { startOf, waitsFor } from '../../scripts/deployment/start-watch.ts';
import { errorLines, excerptOf } from '../../scripts/lib/log-excerpt.ts';
import { redactor } from '../../scripts/lib/redact.ts';

const PYDANTIC = `INFO:     Will watch for changes in these directories: ['/app']
Traceback (most recent call last):
  File "/usr/lib/python3.11/site.py", line 1, in <module>
pydantic_core._pydantic_core.ValidationError: 4 validation errors for Settings
DATABASE_URL
  Field required
REDIS_URL
  Field required
SECRET_KEY
  Field required
JWT_SECRET_KEY
  Field required`;

describe('why a container is not healthy yet', () => {
  const state = (log: { ExitCode: number; Output: string }[], RestartCount = 0) =>
    ({
      State: {
        Status: 'running',
        Health: { Status: 'starting', Log: log.map((entry) => ({ End: '', ...entry })) },
      },
      RestartCount,
    }) as unknown as Parameters<typeof waitsFor>[0];

  it.each([
    ['has not been asked', state([]), /first health check/],
    [
      'fails',
      state([{ ExitCode: 1, Output: 'asking\nconnection refused\n' }]),
      /fails so far: connection refused$/,
    ],
    ['has exited', state([{ ExitCode: 1, Output: 'x' }], 2), /started again \(2 times\)/],
  ])('is that it %s', (_, container, text) => {
    expect(waitsFor(container)).toMatch(text);
  });
});

describe('the excerpt of a log', () => {
  it('is the last traceback, whole, with all that its error names', () => {
    const excerpt = excerptOf(`${PYDANTIC}\nINFO: again\n${PYDANTIC}\n`);
    expect(excerpt.split('\n')).toEqual(PYDANTIC.split('\n').slice(1));
  });

  it('begins with the first of chained errors', () => {
    const chain = [
      'Traceback (most recent call last):',
      'KeyError: 1',
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      'Traceback (most recent call last):',
      'RuntimeError: no database',
    ].join('\n');
    expect(excerptOf(`starting\n${chain}`)).toMatch(/^Traceback.*KeyError: 1.*RuntimeError: no database$/s);
  });

  it('has at most 40 lines, and of a long trace both ends', () => {
    const frames = Array.from({ length: 90 }, (_, index) => `  File "x.py", line ${index}`);
    const lines = excerptOf(
      ['Traceback (most recent call last):', ...frames, 'ValueError: end'].join('\n'),
    ).split('\n');
    expect(lines).toHaveLength(40);
    expect([lines[0], lines[1], lines.at(-1)]).toEqual([
      'Traceback (most recent call last):',
      '…',
      'ValueError: end',
    ]);
  });

  it.each([
    ['Node', "Error: Cannot find module 'x'\n    at resolve (node:internal:1)", /^Error: Cannot find module/],
    ['Go', 'panic: no address\n\ngoroutine 1 [running]:\nmain.main()', /^panic: no address\ngoroutine/],
    ['a server', 'ERROR: a\nERROR: b\n', /^ERROR: a\nERROR: b$/],
    ['Java', 'java.lang.IllegalStateException: no\n\tat a.b.C', /^java\.lang\.IllegalStateException/],
  ])('is the last error of %s, with what follows', (_, text, expected) => {
    expect(excerptOf(`listening\n${text}`)).toMatch(expected);
  });

  it('is the last lines, each once, where no line reports an error', () => {
    expect(excerptOf('no password\nno password\nbye\nno password\n')).toBe('bye\nno password');
    expect(
      excerptOf(Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')).split('\n'),
    ).toHaveLength(20);
    expect(excerptOf('')).toBe('');
  });

  it('is shown without the password of an address', () => {
    const redact = redactor([]);
    expect(redact('connect postgresql://app:p%40ss:w@db:5432/x and redis://:secret@redis/0')).toBe(
      'connect postgresql://app:***@db:5432/x and redis://:***@redis/0',
    );
  });
});

describe('errors in a log', () => {
  it('are each told once, and not what only has such a word in it', () => {
    const log =
      'INFO 200 /errors\nERROR: Redis connection failed\nERROR: Redis connection failed\nerror_rate 0\nTraceback (most recent call last):\n';
    expect(errorLines(log, 3)).toEqual([
      'ERROR: Redis connection failed',
      'Traceback (most recent call last):',
    ]);
  });
});

describe('a container that is being started', () => {
  const state = (Status: string, RestartCount = 0, health?: string) => ({
    RestartCount,
    State: {
      Status,
      RestartCount,
      Running: Status === 'running',
      Pid: 1,
      ExitCode: 1,
      OOMKilled: false,
      StartedAt: '',
      ...(health && { Health: { Status: health } }),
    },
  });

  it.each([
    ['running', 0, 'starting', 'starts'],
    ['restarting', 1, 'unhealthy', 'exits'],
    ['running', 2, 'starting', 'exits'],
    ['running', 3, 'healthy', 'starts'],
    ['restarting', 5, 'starting', 'lost'],
    ['exited', 0, 'unhealthy', 'lost'],
  ])('and is %s after %i restarts and %s, %s', (status, restarts, health, expected) => {
    expect(startOf(state(status, restarts, health), { oneOff: false })).toBe(expected);
  });

  it('and has ended as it should is not lost', () => {
    expect(startOf(state('exited'), { oneOff: true })).toBe('starts');
  });
});
