/** Asks on the terminal. */
import { createInterface } from 'node:readline/promises';

/** Undefined where there is no terminal to ask on. */
export const askOnTerminal = (): ((question: string) => Promise<boolean>) | undefined =>
  process.stdin.isTTY
    ? async (question) => {
        const terminal = createInterface({ input: process.stdin, output: process.stdout });
        const answer = await terminal.question(`${question} Type "yes": `);
        terminal.close();
        return answer.trim() === 'yes';
      }
    : undefined;
