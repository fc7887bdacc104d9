/** A deployment as it is seen on a terminal. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUES } from '../../messages/index.ts';
import { textWidth } from '../../scripts/lib/text.ts';
import { portsFrom, TestDeployment } from '../support/deployment.ts';
import { TestTerminal } from '../support/terminal.ts';

const deployment = new TestDeployment('btcw-terminal', portsFrom(21450));
const CTRL_C = '\x03';

const command = (name: string, columns: number, language: string) =>
  new TestTerminal(['node', 'scripts/run.mjs', name], {
    columns,
    env: { ...deployment.settings, BTCW_LANG: language },
  });
/** Lines that were to be rewritten. */
const left = (lines: readonly string[]) => lines.filter((line) => /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.test(line));

// Images are of no interest here.
beforeAll(async () => {
  await deployment.run('images');
});
afterAll(() => deployment.remove());

describe('deploy on a terminal', () => {
  it('ends in order with Ctrl-C, in Chinese on 40 columns, and says so in one line', async () => {
    const terminal = command('deploy', 40, 'zh');
    await terminal.shows(/btcw-terminal-\w+：\d+ s, 正在启动/);
    terminal.press(CTRL_C);
    expect(await terminal.end()).toBe(1);
    const lines = await terminal.lines();
    expect(left(lines)).toEqual([]);
    const said = CATALOGUES.zh.deployment.terraformProcess;
    expect(lines.filter((line) => line === said.ending)).toHaveLength(1);
    expect(lines.at(-2)).toBe(`✗ ${said.interrupted}`);
    expect(lines.at(-1)).toContain(said.interruptedFix);
    expect(terminal.isCursorShown).toBe(true);
  });

  it('shows what it does, and leaves the results, on 80 columns', async () => {
    const terminal = command('deploy', 80, 'en');
    const during = await terminal.shows(/Deployment: \d+ s, \d+ of \d+ changes done/);
    for (const line of during.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80);
    expect(await terminal.end()).toBe(0);
    const lines = await terminal.lines();
    expect(left(lines)).toEqual([]);
    for (const name of ['nginx', 'backend', 'frontend', 'frpc', 'frps', 'guard']) {
      const row = `container: ${deployment.container(name)}`;
      expect(
        lines.filter((line) => line === row),
        row,
      ).toHaveLength(1);
    }
    expect(lines.at(-1)).toMatch(/^✓ Deployed in [\d.]+ s\. Open http/);
    expect(terminal.isCursorShown).toBe(true);
  });

  it('is followed by verify, a line for each check as it is done', async () => {
    const terminal = command('verify', 80, 'en');
    const early = await terminal.shows(/^✓ .*nginx is healthy: /m);
    expect(early).not.toContain('checks passed');
    expect(await terminal.end()).toBe(0);
    const lines = await terminal.lines();
    expect(left(lines)).toEqual([]);
    expect(lines.at(-1)).toMatch(/^✓ All \d+ checks passed/);
  });
});
