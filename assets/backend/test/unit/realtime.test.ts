import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAllowedOrigin } from '../../src/realtime/origin.ts';
import {
  MAX_BUFFERED_BYTES,
  MAX_BUFFERED_REPLY_BYTES,
  Outbox,
  type Wire,
} from '../../src/realtime/outbox.ts';
import { ProtocolError, parseClientMessage, type Topic } from '../../src/realtime/protocol.ts';
import { RateMeter } from '../../src/realtime/rate-meter.ts';

/** A socket whose peer reads only when told to. */
class FakeWire implements Wire {
  bufferedAmount = 0;
  readonly sent: string[] = [];
  #unread: { bytes: number; done: () => void }[] = [];

  send(data: Buffer | string, _options: { binary: boolean }, done: () => void): void {
    this.bufferedAmount += data.length;
    this.sent.push(String(data).slice(0, 20));
    this.#unread.push({ bytes: data.length, done });
  }

  readAll(): void {
    for (const { bytes, done } of this.#unread.splice(0)) {
      this.bufferedAmount -= bytes;
      done();
    }
  }
}

function slowOutbox() {
  const wire = new FakeWire();
  const counts = { sent: 0, dropped: 0, overflows: 0 };
  const newest = new Map<Topic, Buffer>();
  const outbox = new Outbox(wire, {
    latest: (topic) => newest.get(topic),
    onSent: () => counts.sent++,
    onDropped: () => counts.dropped++,
    onOverflow: () => counts.overflows++,
  });
  const publish = (topic: Topic, text: string, bytes = text.length) => {
    const frame = Buffer.from(text.padEnd(bytes));
    newest.set(topic, frame);
    outbox.sendData(topic, frame);
  };
  return { wire, counts, outbox, publish };
}

describe('the outbox of a client that does not read', () => {
  it('keeps a bounded number of bytes, whatever is published', () => {
    const { wire, counts, publish } = slowOutbox();
    for (let n = 0; n < 1_000; n++) publish('signals', `${n}`, 4_096);
    expect(wire.bufferedAmount).toBeLessThanOrEqual(MAX_BUFFERED_BYTES + 4_096);
    expect(counts.sent + counts.dropped).toBe(1_000);
    expect(counts.dropped).toBeGreaterThan(900);
  });

  it('is sent only the newest message of each topic it missed once it reads again', () => {
    const { wire, publish } = slowOutbox();
    publish('monitoring', 'fill', MAX_BUFFERED_BYTES + 1);
    for (const text of ['s1', 's2', 's3']) publish('signals', text);
    publish('capacity', 'c1');
    expect(wire.sent.map((text) => text.trim())).toEqual(['fill']);
    wire.readAll();
    expect(wire.sent.map((text) => text.trim())).toEqual(['fill', 's3', 'c1']);
    wire.readAll();
    expect(wire.sent).toHaveLength(3);
  });

  it('is not sent what it has unsubscribed meanwhile', () => {
    const { wire, outbox, publish } = slowOutbox();
    publish('monitoring', 'fill', MAX_BUFFERED_BYTES + 1);
    publish('signals', 's1');
    outbox.forget('signals');
    wire.readAll();
    expect(wire.sent).toHaveLength(1);
  });

  it('still gets replies, up to a limit at which it is cut', () => {
    const { wire, counts, outbox, publish } = slowOutbox();
    publish('monitoring', 'fill', MAX_BUFFERED_BYTES + 1);
    outbox.sendReply({ type: 'pong' });
    expect(wire.sent[1]).toBe('{"type":"pong"}');
    wire.bufferedAmount = MAX_BUFFERED_REPLY_BYTES + 1;
    outbox.sendReply({ type: 'pong' });
    expect(wire.sent).toHaveLength(2);
    expect(counts.overflows).toBe(1);
  });
});

describe('the rate meter', () => {
  it('lets 100 messages a minute through, limits to 200 and calls more abusive', () => {
    const meter = new RateMeter();
    const verdicts = Array.from({ length: 201 }, () => meter.count(0));
    expect([verdicts[0], verdicts[99], verdicts[100], verdicts[199], verdicts[200]]).toEqual([
      'ok',
      'ok',
      'limited',
      'limited',
      'abusive',
    ]);
  });

  it('forgets after a minute', () => {
    const meter = new RateMeter();
    for (let n = 0; n < 150; n++) meter.count(1_000);
    expect(meter.count(60_999)).toBe('limited');
    expect(meter.count(61_000)).toBe('ok');
  });
});

describe('parseClientMessage', () => {
  it('reads the four messages and leaves out what it does not know', () => {
    const subscribe = '{"type":"subscribe","topic":"signals","x":1}';
    expect(parseClientMessage(subscribe)).toEqual({ type: 'subscribe', topic: 'signals' });
    expect(parseClientMessage('{"type":"pong"}')).toEqual({ type: 'pong' });
    expect(parseClientMessage('{"type":"ping","id":1,"x":2}')).toEqual({ type: 'ping', id: 1 });
  });

  it('fails with a ProtocolError for whatever else', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        try {
          expect(['subscribe', 'unsubscribe', 'ping', 'pong']).toContain(parseClientMessage(text).type);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('isAllowedOrigin', () => {
  it.each([
    [undefined, 'a.example', true],
    ['null', 'a.example', true],
    ['file://', 'a.example', true],
    ['http://a.example:60001', 'a.example:60001', true],
    ['http://A.example', 'a.example', true],
    ['http://a.example', 'a.example:80', true],
    ['https://a.example', 'a.example:443', true],
    ['https://a.example', 'a.example:80', false],
    ['http://a.example:60001', 'a.example', false],
    ['http://b.example', 'a.example', false],
    ['http://a.example.evil', 'a.example', false],
    ['http://user@a.example', undefined, false],
    ['file:///etc', 'a.example', false],
    ['', 'a.example', false],
  ])('judges %j on host %j as %j', (origin, host, allowed) => {
    expect(isAllowedOrigin(origin, host)).toBe(allowed);
  });
});
