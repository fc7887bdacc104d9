import { expect, it } from 'vitest';
import { backoffDelay, FIRST_DELAY_MS, MAX_DELAY_MS } from '../../src/utils/backoff.ts';

it('doubles with each attempt up to the cap', () => {
  const longest = [0, 1, 2, 3, 10, 2000].map((attempt) => backoffDelay(attempt, () => 1));
  expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, MAX_DELAY_MS, MAX_DELAY_MS]);
});

it('is spread over its upper half', () => {
  expect(backoffDelay(0, () => 0)).toBe(FIRST_DELAY_MS / 2);
  expect(backoffDelay(0, () => 0.5)).toBe(FIRST_DELAY_MS * 0.75);
});
