import { messages } from '../../messages/index.ts';

const said = messages.settings.problem;

/** A problem line, in the one form all of them have. */
export const problem = (name: string, rule: string, got: string, fix = said.setAnywhere): string =>
  said.setting(name, rule, got, fix);
