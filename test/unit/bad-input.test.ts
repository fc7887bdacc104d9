/** Bad input to all that this package reads: refused in words, at once, and nothing changes. test/long/ has more of it. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { BadCommands, badCommand } from '../support/bad-commands.ts';
import { BAD_INPUT, removeFiles, runsOf } from '../support/bad-input.ts';

const CASES = 100;
const COMMANDS = 8;
/** The same in each run: what is new is for the long form to find. */
const SEED = 22;

describe('bad input is refused in words', { timeout: 60_000 }, () => {
  // Of each broken release.
  beforeAll(() => void vi.spyOn(console, 'error').mockImplementation(() => {}));
  afterAll(removeFiles);

  it.each(BAD_INPUT)('$name', async (input) => {
    await fc.assert(input.property(), { numRuns: runsOf(input, CASES), seed: SEED });
  });

  describe('by a command', () => {
    const commands = new BadCommands();
    beforeAll(() => commands.start(), 60_000);
    afterAll(() => commands.stop());

    it('which changes nothing', async () => {
      const property = fc.asyncProperty(badCommand, (given) => commands.check(given));
      await fc.assert(property, { numRuns: COMMANDS, seed: SEED });
    });
  });
});
