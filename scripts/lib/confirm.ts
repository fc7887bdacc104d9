/** Asks on the terminal. */
import { createInterface } from 'node:readline/promises';
import { messages } from '../../messages/index.ts';

/** Undefined where there is no terminal to ask on. */
export const askOnTerminal = (): ((question: string) => Promise<boolean>) | undefined =>
  process.stdin.isTTY
    ? async (question) => {
        const terminal = createInterface({ input: process.stdin, output: process.stdout });
        const answer = await terminal.question(messages.lib.confirm.typeYes(question));
        terminal.close();
        return answer.trim() === 'yes';
      }
    : undefined;
