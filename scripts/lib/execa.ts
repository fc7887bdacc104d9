/** Starts programs: with the environment of scripts/bootstrap/environment.mjs, not with all of the caller's. */
import { type Options, execa as start, execaSync as startSync } from 'execa';
import { programEnvironment } from '../bootstrap/environment.mjs';

export { ExecaError, type Options, type Result } from 'execa';

/** At each start: options of the command line are kept in the environment. */
const inEnvironment = ({ env, ...options }: Options = {}) => ({
  ...options,
  env: { ...programEnvironment(), ...env },
  extendEnv: false,
});

export const execa = ((program: string, args?: readonly string[], options?: Options) =>
  start(program, args, inEnvironment(options))) as unknown as typeof start;

export const execaSync = ((program: string, args?: readonly string[], options?: Options) =>
  startSync(program, args, inEnvironment(options) as object)) as unknown as typeof startSync;
