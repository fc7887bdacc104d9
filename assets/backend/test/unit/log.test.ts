import { expect, it } from 'vitest';
import { createLogger } from '../../src/log.ts';

it('writes plain lines with time and level, from the threshold on', () => {
  const lines: string[] = [];
  const log = createLogger('warn', (line) => lines.push(line));
  log.info('hidden');
  log.warn('shown');
  expect(lines).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z WARN shown$/)]);
});

it('cuts what a peer has made endless', () => {
  const lines: string[] = [];
  createLogger('info', (line) => lines.push(line)).info('x'.repeat(100_000));
  expect(lines[0]?.length).toBeLessThan(4_100);
});

it('keeps one line one line, and tokens out', () => {
  const lines: string[] = [];
  createLogger('info', (line) => lines.push(line)).info(
    'a\r\nb\u2028c \u001b[31m eyJhbGciOi.eyJzdWIi.c2ln end',
  );
  expect(lines[0]).toMatch(/ INFO a b c {2}\[31m \[token\] end$/);
});
