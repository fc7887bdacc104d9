/** What a deployment would lose, what it measures, and what it says of an application that is healthy and does not work. */
import { describe, expect, it } from 'vitest';
import { loginProblem } from '../../scripts/deployment/application-problems.ts';
import { StartTimes } from '../../scripts/deployment/start-times.ts';
import { lossesOf, lossText, requireConsent } from '../../scripts/diff/losses.ts';
import { writtenFiles } from '../../scripts/docker/written.ts';
import { GENERIC_PROFILE } from '../../scripts/lib/app-profile.ts';
import { parseProfile } from '../../scripts/lib/profile-file.ts';
import { answer } from '../support/facts.ts';

describe('files outside the volumes of a container', () => {
  it('are the uploads, and neither folders, caches, volumes nor what passes', () => {
    const listed = [
      'C /app',
      'C /app/user_data',
      'A /app/user_data/strategies',
      'A /app/user_data/strategies/MyNew.py',
      'A /app/user_data/strategies/__pycache__',
      'A /app/user_data/strategies/__pycache__/MyNew.cpython-311.pyc',
      'C /app/gateway_routes.json',
      'A /app/logs/app.log',
      'D /app/old.txt',
      'A /data',
      'A /data/app.db',
      'C /run',
      'A /run/secrets',
      'A /tmp/x',
      'C /usr/sbin',
      'A /usr/sbin/docker-init',
      'C /var',
      'C /var/log',
      'A /var/log/app.log',
      'C /home',
      'C /home/app',
      'A /home/app/.cache/pip/x',
      'C /etc',
      'C /etc/hosts',
      'A /srv/café menu.txt',
      'A /app/data2/x',
      '',
    ].join('\n');
    expect(writtenFiles(listed, ['/data', '/run/secrets'])).toEqual([
      '/app/data2/x',
      '/app/gateway_routes.json',
      '/app/logs/app.log',
      '/app/user_data/strategies/MyNew.py',
      '/srv/café menu.txt',
    ]);
  });

  it('are none where only folders were touched on the way to a mount', () => {
    expect(
      writtenFiles('C /app\nC /app/user_data\nA /app/user_data/uploads\n', ['/app/user_data/uploads']),
    ).toEqual([]);
  });
});

describe('what would be lost', () => {
  const written = ['backend', 'worker'].map((name) => ({ container: `p-${name}`, files: ['/app/a'] }));
  const names = new Map([
    ['docker_container.Backend', 'p-backend'],
    ['docker_container.Worker', 'p-worker'],
  ]);

  it('is that of containers that are replaced or removed', () => {
    const gone = (action: string) =>
      lossesOf(written, [{ address: 'docker_container.Worker', action }], names).map(
        ({ container }) => container,
      );
    expect(gone('replace')).toEqual(['p-worker']);
    expect(gone('delete')).toEqual(['p-worker']);
    expect(gone('update')).toEqual([]);
  });

  it('is told in one line, however much it is', () => {
    const files = Array.from({ length: 9 }, (_, index) => `/app/${index}`);
    expect(lossText({ container: 'p-backend', files })).toBe(
      'p-backend has 9 files outside its volumes, gone when it is replaced: /app/0, /app/1, /app/2, /app/3, /app/4 and 4 more',
    );
  });

  it('needs consent, on a terminal or by --discard', async () => {
    const no = async () => false;
    await requireConsent([], false, undefined);
    await requireConsent(written, true, undefined);
    await requireConsent(written, false, async () => true);
    for (const ask of [undefined, no]) {
      await expect(requireConsent(written, false, ask)).rejects.toThrow(/Nothing was changed\..*--discard/s);
    }
  });
});

describe('the time that containers take', () => {
  it('is that of their end and of their start', () => {
    const times = new StartTimes();
    const hook = (action: string, elapsed_seconds: number, addr = 'docker_container.Backend') => ({
      type: 'apply_complete',
      '@message': '',
      hook: { resource: { addr }, action, elapsed_seconds },
    });
    times.take(hook('delete', 10));
    times.take(hook('create', 12));
    times.take(hook('create', 0, 'docker_container.Nginx'));
    times.take(hook('create', 9, 'docker_image.Nginx'));
    times.take(hook('update', 9, 'docker_container.Frpc'));
    const names = new Map(['Backend', 'Nginx', 'Frpc'].map((name) => [`docker_container.${name}`, name]));
    expect(times.byContainer(names)).toEqual({ Backend: 22, Nginx: 1 });
  });
});

describe('a login right after a deployment', () => {
  const profile = parseProfile('login: { path: /in }', 'app.yaml');
  const who = { user: 'admin', passwordFile: 'secrets/p' };
  const told = (status: number, error = '', body = '') =>
    loginProblem(profile, { ...answer(status, error), body }, who);

  it('is fine with a token, and not asked for where nobody says how', () => {
    expect(told(200, '', '{"access_token":"x"}')).toBeUndefined();
    expect(loginProblem(GENERIC_PROFILE, answer(0), who)).toBeUndefined();
  });

  it('that fails breaks the application; a user that is missing, or no answer in time, may not', () => {
    expect(told(500)).toEqual({ text: 'login at /in: status 500', isBroken: true });
    expect(told(404)).toMatchObject({ isBroken: true });
    expect(told(401)).toMatchObject({
      isBroken: false,
      text: expect.stringMatching(/status 401; make a user "admin"/),
    });
    expect(told(0, 'no answer within 5 s')).toMatchObject({ isBroken: false });
    expect(told(200, '', '{}')).toMatchObject({
      isBroken: false,
      text: expect.stringMatching(/no token at "access_token"/),
    });
  });
});
