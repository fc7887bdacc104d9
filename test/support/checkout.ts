/** A second checkout of this repository, at any commit, with the packages of this one. */
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Outcome, type TestDeployment, tryProgram } from './deployment.ts';

export class Checkout {
  folder: string;
  private readonly commit: string;

  constructor(name: string, commit: string) {
    this.folder = join(process.cwd(), '.build/checkouts', name);
    this.commit = commit;
  }

  /** Needs the repository's history. */
  async create(): Promise<void> {
    await this.remove();
    const { code, output } = await tryProgram('git', [
      ...['worktree', 'add', '--force', '--detach'],
      ...[this.folder, this.commit],
    ]);
    if (code !== 0) throw new Error(`${output}\nThis test needs the repository's history.`);
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Runs a program in the checkout. */
  run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    // An earlier commit may not know the setting.
    const english = ['--unset=BTCW_LANG', 'LC_ALL=C.UTF-8'];
    return tryProgram('env', [`--chdir=${this.folder}`, ...english, program, ...args], env);
  }

  /** Runs one of the package's commands, as the checkout has them. */
  command(deployment: TestDeployment, ...args: readonly string[]): Promise<Outcome> {
    return this.run('node', ['scripts/run.mjs', ...args], { ...deployment.settings });
  }

  /** Gives its folder another name. */
  async rename(name: string): Promise<void> {
    const folder = join(dirname(this.folder), name);
    rmSync(folder, { recursive: true, force: true });
    const { code, output } = await tryProgram('git', ['worktree', 'move', this.folder, folder]);
    if (code !== 0) throw new Error(output);
    this.folder = folder;
  }

  async remove(): Promise<void> {
    await tryProgram('git', ['worktree', 'remove', '--force', this.folder]);
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true });
    await tryProgram('git', ['worktree', 'prune']);
  }
}
