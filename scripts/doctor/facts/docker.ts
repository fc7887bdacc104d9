/** The Docker engine as doctor asks it: a command that is not answered in time says nothing of what it asks for. */
import type { EngineFacts } from './engine.ts';
import { answered, type Rounds } from './rounds.ts';

/** For a docker command. */
const DEADLINES_MS = [5_000, 20_000] as const;

export class DockerQuestions {
  readonly rounds: Rounds;
  /** Commands without an answer, although the engine has answered others. @example 'docker logs btc-watcher-frpc' */
  readonly unanswered: string[] = [];
  readonly engine: Promise<EngineFacts>;

  constructor(rounds: Rounds, engine: Promise<EngineFacts>) {
    this.rounds = rounds;
    this.engine = engine;
  }

  /** Whether it is worth to ask again. */
  readonly engineAnswers = async (): Promise<boolean> => !(await this.engine).problem;

  /**
   * @param command for people
   * @throws {Error} where there is no answer
   */
  async ask<T extends { readonly timedOut: boolean }>(
    command: string,
    ask: (deadlineMs: number) => Promise<T>,
    deadlinesMs: readonly [number, number] = DEADLINES_MS,
  ): Promise<T> {
    const question = { ask, isAnswer: answered, deadlinesMs, isWorthwhile: this.engineAnswers };
    const result = await this.rounds.ask(question);
    if (!result.timedOut) return result;
    if (await this.engineAnswers()) this.unanswered.push(command);
    throw new Error(`No answer to "${command}".`);
  }
}
