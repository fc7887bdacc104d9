import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellQuote, startScript } from '../../scripts/commands/apply-config.ts';

describe('the start script of an environment file', () => {
  it("hands values on as they are, whatever the shell would make of them, and starts the image's program", () => {
    const values = { A: 'plain', B: `it's $HOME "x" \`id\` \\`, C: '', D: 'a=b=c', E: '  spaced  ' };
    const file = Object.entries(values).map(([name, value]) => `${name}=${value}`);
    const program = ['node', '-e', 'console.log(JSON.stringify(process.env))'];
    const script = startScript(['# comment', '', ...file].join('\r\n'), program);
    const environment = JSON.parse(execFileSync('sh', { input: script, encoding: 'utf8' }));
    expect(environment).toMatchObject(values);
  });

  it('fails when a line is no KEY=value, naming the line and not its content', () => {
    const broken = () => startScript('A=1\nSECRET value\n', ['x']);
    expect(broken).toThrow(/line 2 should be KEY=value/);
    expect(broken).not.toThrow(/SECRET/);
  });

  it('quotes a word so that the shell reads exactly it', () => {
    const word = `a'b"c$d\ne`;
    expect(execFileSync('sh', ['-c', `printf %s ${shellQuote(word)}`], { encoding: 'utf8' })).toBe(word);
  });
});
