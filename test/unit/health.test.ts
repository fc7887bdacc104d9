import { describe, expect, it } from 'vitest';
import { containerText, isPending, isWell } from '../../scripts/deployment/health.ts';
import { progress } from '../../scripts/deployment/report.ts';
import { changesAnything, explain } from '../../scripts/deployment/terraform.ts';
import { apiTimedFor, ownTiming } from '../../stacks/topology/health.ts';

describe('a container', () => {
  const state = (status: string, health: string) => ({ name: 'x-backend', status, health });

  it.each([
    ['running', 'healthy', true],
    ['running', 'none', true],
    ['running', 'unhealthy', false],
    ['running', 'starting', false],
    ['restarting', 'none', false],
    ['exited', 'healthy', false],
  ])('that is %s and %s is well: %s', (status, health, well) => {
    expect(isWell(state(status, health))).toBe(well);
  });

  it('is waited for while it may become healthy, and not once it has exited again and again', () => {
    const pending = (status: string, health: string, restarts = 0) =>
      isPending({ ...state(status, health), restarts });
    expect([pending('running', 'starting'), pending('restarting', 'starting', 4)]).toEqual([true, true]);
    expect([pending('running', 'starting', 5), pending('restarting', 'unhealthy', 5)]).toEqual([
      false,
      false,
    ]);
    expect([pending('running', 'unhealthy'), pending('exited', 'none')]).toEqual([false, false]);
  });

  it('is told in the words of Docker', () => {
    expect(containerText(state('running', 'unhealthy'))).toBe('x-backend is running, unhealthy');
    expect(containerText(state('exited', 'none'))).toBe('x-backend is exited');
  });
});

describe('the failure of a deployment', () => {
  it('is what a command of ours says of its failure, and nothing of how it was started', () => {
    const failed = (command: string, output: string) => {
      const detail = `Error running command '${command}': exit status 1. Output: ${output}`;
      const summary = 'local-exec provisioner error';
      return explain('unit', [{ severity: 'error', summary, detail }]).message;
    };
    const words = 'x-backend has exited 5 times: it is not waited for any longer.\n    no key';
    expect(failed('node scripts/run.mjs apply-config', `! a notice\n✗ ${words}\n`)).toBe(words);
    expect(failed('node scripts/run.mjs apply-config', 'Killed')).toContain('local-exec provisioner error');
    expect(failed('other', `✗ ${words}`)).toContain('local-exec provisioner error');
  });
});

describe('the progress of a deployment', () => {
  const lines = (action: string, addr = 'docker_container.Nginx') => {
    const printed: string[] = [];
    const log = console.log;
    console.log = (line: string) => printed.push(line);
    try {
      const show = progress(new Map([[addr, 'x-nginx']]));
      for (const type of ['apply_start', 'apply_complete']) {
        show({ type, '@message': '', hook: { resource: { addr }, action } });
      }
    } finally {
      console.log = log;
    }
    return printed.join('\n');
  };

  it.each([
    ['create', /starting\n.*healthy/],
    ['update', /updating\n.*updated/],
    ['delete', /stopping\n.*removed/],
  ])('calls %s what it is', (action, words) => {
    expect(lines(action)).toMatch(words);
  });

  it('says nothing of images that the state forgets: they stay on the host', () => {
    expect(lines('create', 'docker_image.Nginx')).toContain('x-nginx');
    expect(lines('delete', 'docker_image.Nginx')).toBe('');
  });
});

describe('an event of terraform', () => {
  it('tells whether anything changed', () => {
    expect(changesAnything({})).toBe(false);
    expect(changesAnything({ changes: { add: 0, change: 0, remove: 0 } })).toBe(false);
    expect(changesAnything({ changes: { add: 0, change: 1, remove: 0 } })).toBe(true);
  });
});

describe('what terraform says of a lock', () => {
  /** As Terraform 1.11.4 has said it. */
  const lockError = (why: string) => ({
    severity: 'error',
    summary: 'Error acquiring the state lock',
    detail: `Error message: ${why}\n\nTerraform acquires a state lock to protect the state from being written\nby multiple users at the same time. Please resolve the issue above and try\nagain.`,
  });
  const why = (problem: string) => `could not write lock info for "x.tfstate": ${problem}`;
  const said = (text: string) => explain('unit', [lockError(text)]).message;

  it('is another run where it names one', () => {
    const info = 'Lock Info:\n  ID:        1\n  Operation: OperationTypeApply\n  Who:       me@host\n';
    expect(said(`resource temporarily unavailable\n${info}`)).toMatch(/"apply" by me@host/);
  });

  it('is the disk where that is full, and what it says where it is anything else', () => {
    const full = said(why('write .x.tfstate.lock.info: no space left on device'));
    expect(full).toMatch(
      /^A disk is full: .*\.x\.tfstate\.lock\.info: no space left on device\n +Fix: make room/,
    );
    const forbidden = said(why('open .x.tfstate.lock.info: permission denied'));
    expect(forbidden).toMatch(/permission denied/);
    expect([full, forbidden].join()).not.toContain('Another run');
  });
});

describe('the engine that containers were made on', () => {
  const others = { intervalSec: 0, timeoutSec: 0, startPeriodSec: 0, retries: 0 };

  it.each(['1.43', '1.44'])('is known by when they are checked: API %s', (engineApi) => {
    expect(apiTimedFor([others, ownTiming({ engineApi })])).toBe(engineApi);
  });

  it('is not known where none has times of ours', () => {
    expect(apiTimedFor([])).toBeUndefined();
    expect(apiTimedFor([others, { ...ownTiming({ engineApi: '1.41' }), retries: 5 }])).toBeUndefined();
  });
});
