/** As test/unit/bad-input.test.ts, with other input in each run: a failure prints what repeats it. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { BadCommands, badCommand } from '../support/bad-commands.ts';
import { BAD_INPUT, removeFiles, runsOf } from '../support/bad-input.ts';

const CASES = 10_000;
const COMMANDS = 500;
const HOUR_MS = 3_600_000;

describe('bad input is refused in words', { timeout: HOUR_MS }, () => {
  // Of each broken release.
  beforeAll(() => void vi.spyOn(console, 'error').mockImplementation(() => {}));
  afterAll(removeFiles);

  it.each(BAD_INPUT)('$name', async (input) => {
    await fc.assert(input.property(), { numRuns: runsOf(input, CASES) });
  });

  describe('by a command', () => {
    const commands = new BadCommands();
    beforeAll(() => commands.start());
    afterAll(() => commands.stop());

    it('which changes nothing', async () => {
      const property = fc.asyncProperty(badCommand, (given) => commands.check(given));
      await fc.assert(property, { numRuns: COMMANDS });
    });
  });
});
