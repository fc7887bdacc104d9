/** How doctor asks: at once and briefly, and what has no answer once more, alone and with patience. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerQuestions } from '../../scripts/doctor/facts/docker.ts';
import type { EngineFacts } from '../../scripts/doctor/facts/engine.ts';
import { isReadable, type ReadLog, readNewest } from '../../scripts/doctor/facts/log.ts';
import { answered, Rounds } from '../../scripts/doctor/facts/rounds.ts';
import { REFERENCE_PROFILE } from '../../scripts/lib/app-profile.ts';
import { skewOf } from '../../scripts/lib/clock.ts';
import { ask } from '../../scripts/lib/http.ts';
import { probeWebSocket } from '../../scripts/lib/websocket.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const DEADLINES_MS = [20, 500] as const;

/** Something that takes its time to answer, and what was asked of it. */
function responder(takesMs: number) {
  const deadlines: number[] = [];
  const respond = async (deadlineMs: number) => {
    deadlines.push(deadlineMs);
    await pause(Math.min(takesMs, deadlineMs));
    return { timedOut: takesMs > deadlineMs };
  };
  return { ask: respond, deadlines };
}

describe('a question', () => {
  it('with an answer is asked once', async () => {
    const { ask: respond, deadlines } = responder(1);
    const result = await new Rounds().ask({ ask: respond, isAnswer: answered, deadlinesMs: DEADLINES_MS });
    expect([result.timedOut, deadlines]).toEqual([false, [20]]);
  });

  it('without one is asked again with the long deadline, and that answer counts', async () => {
    const { ask: respond, deadlines } = responder(60);
    const result = await new Rounds().ask({ ask: respond, isAnswer: answered, deadlinesMs: DEADLINES_MS });
    expect([result.timedOut, deadlines]).toEqual([false, [20, 500]]);
  });

  it('is not asked again where that would add nothing', async () => {
    const { ask: respond, deadlines } = responder(60);
    const question = { ask: respond, isAnswer: answered, deadlinesMs: DEADLINES_MS };
    const result = await new Rounds().ask({ ...question, isWorthwhile: async () => false });
    expect([result.timedOut, deadlines]).toEqual([true, [20]]);
  });

  it('is asked again alone: after all first tries, and one after the other', async () => {
    const rounds = new Rounds();
    const events: string[] = [];
    const question = (name: string, firstMs: number) => ({
      ask: async (deadlineMs: number) => {
        const first = deadlineMs === 20;
        events.push(`${name}${first ? 1 : 2} begins`);
        await pause(first ? firstMs : 10);
        events.push(`${name}${first ? 1 : 2} ends`);
        return { timedOut: first && name !== 'c' };
      },
      isAnswer: answered,
      deadlinesMs: DEADLINES_MS,
    });
    await Promise.all([
      rounds.ask(question('a', 10)),
      rounds.ask(question('b', 30)),
      rounds.ask(question('c', 60)),
    ]);
    expect(events).toEqual(
      'a1 begins,b1 begins,c1 begins,a1 ends,b1 ends,c1 ends,a2 begins,a2 ends,b2 begins,b2 ends'.split(','),
    );
  });

  it('that fails keeps no other from its second try', async () => {
    const rounds = new Rounds();
    const failing = rounds.alone(async () => {
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(await rounds.alone(async () => 'done')).toBe('done');
  });
});

describe('a docker command', () => {
  const engine = (problem?: EngineFacts['problem']): Promise<EngineFacts> =>
    Promise.resolve({ problem, version: '28.3.3', rootDir: '', skewMs: 0 });
  const askDocker = async (questions: DockerQuestions, takesMs: number) => {
    const { ask: respond, deadlines } = responder(takesMs);
    const result = await questions.ask('docker ps', respond, [20, 40]).catch((error: Error) => error.message);
    return { result, deadlines };
  };

  it('is noted where it has no answer twice, although the engine has answered others', async () => {
    const questions = new DockerQuestions(new Rounds(), engine());
    expect(await askDocker(questions, 90)).toEqual({
      result: 'No answer to "docker ps".',
      deadlines: [20, 40],
    });
    expect(questions.unanswered).toEqual(['docker ps']);
  });

  it('is neither repeated nor noted where the engine answers nothing', async () => {
    const questions = new DockerQuestions(new Rounds(), engine({ what: 'It is away.', fix: 'npm run up' }));
    expect((await askDocker(questions, 90)).deadlines).toEqual([20]);
    expect(questions.unanswered).toEqual([]);
  });

  it('that is slow once is answered', async () => {
    const questions = new DockerQuestions(new Rounds(), engine());
    expect(await askDocker(questions, 30)).toEqual({ result: { timedOut: false }, deadlines: [20, 40] });
    expect(questions.unanswered).toEqual([]);
  });
});

describe('the newest line of a log', () => {
  const LINE = (second: number) => `2026-11-22T12:00:0${second}.5Z line ${second}\n`;
  /** A log as --tail and --since show it, one reading after the other. */
  const reader = (...readings: (string | undefined)[]): ReadLog => {
    const left = [...readings];
    return async () => {
      const text = left.shift();
      return { text: text ?? '', timedOut: text === undefined };
    };
  };

  it.each([
    ['readable', 'is reached from the beginning', [LINE(2), LINE(2)]],
    ['readable', 'is reached, with others that were written since', [LINE(2), LINE(2) + LINE(3)]],
    ['empty', 'is not there', ['', '']],
    ['cut-off', 'is not reached from the beginning', [LINE(2), LINE(1)]],
    ['cut-off', 'cannot be read itself, but the one before', ['', LINE(1)]],
    ['no-answer', 'is not read in time', [undefined, LINE(1)]],
    ['no-answer', 'is not read in time, the second time', ['', undefined]],
    ['no-answer', 'is not reached in time', [LINE(2), undefined]],
  ] as const)('is %s where it %s', async (expected, _what, readings) => {
    expect(await readNewest(reader(...readings))).toBe(expected);
  });

  it('is cut off where two readings agree, and unknown where they do not', () => {
    expect(isReadable('cut-off', 'cut-off')).toBe(false);
    expect(isReadable('cut-off', 'readable')).toBe(true);
    expect(isReadable('no-answer', 'readable')).toBe(true);
    for (const [first, second] of [
      ['cut-off', 'no-answer'],
      ['no-answer', 'cut-off'],
      ['no-answer', 'no-answer'],
      ['cut-off', 'empty'],
    ] as const) {
      expect(isReadable(first, second)).toBeUndefined();
    }
  });
});

describe('an answer', () => {
  let silent: Server;
  let url = '';
  beforeAll(async () => {
    silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
  });
  afterAll(() => {
    silent.closeAllConnections();
    silent.close();
  });

  it('that does not come is distinguished from a refusal, and an open connection from none', async () => {
    expect(await ask(url, { deadlineMs: 50 })).toMatchObject({
      status: 0,
      error: 'no answer within 0.05 s',
      timedOut: true,
      connected: true,
    });
    const free = createTcpServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({
      error: 'ECONNREFUSED',
      timedOut: false,
      connected: false,
    });
  });

  it('to a handshake that does not come is reported as a timeout', async () => {
    expect(await probeWebSocket({ base: url, profile: REFERENCE_PROFILE.webSocket }, 100)).toMatchObject({
      status: undefined,
      error: 'no answer within 0.1 s',
      timedOut: true,
    });
  });
});

describe('another clock', () => {
  it('is compared with the time in which it was read: a slow answer is no wrong clock', () => {
    expect(skewOf(5_000, 4_000, 6_000)).toBe(0);
    expect(skewOf(3_000, 4_000, 6_000)).toBe(-1_000);
    expect(skewOf(9_000, 4_000, 6_000)).toBe(3_000);
    expect(skewOf(Number.NaN, 4_000, 6_000)).toBeUndefined();
  });
});
