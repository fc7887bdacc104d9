import { describe, expect, it } from 'vitest';
import { foreignError, ownerOf } from '../../scripts/deployment/owner.ts';
import { holdsData } from '../../stacks/topology/service.ts';

const marker = { id: 'a1', folder: '/home/me/first', deployedAt: '2026-11-25T10:03:11.000Z' };
const containers = ['one', 'two'];

describe('a running deployment', () => {
  it.each([
    [
      'nobody',
      'no container exists, whatever the marker says',
      { containers: [], known: [], marker, id: 'b2' },
    ],
    [
      'us',
      'the state knows its containers',
      { containers, known: containers, marker: undefined, id: undefined },
    ],
    ['us', 'the marker is ours, and the state is lost', { containers, known: [], marker, id: 'a1' }],
    ['us', 'the marker is ours, and one was made by hand', { containers, known: ['one'], marker, id: 'a1' }],
    [
      'us',
      'the state knows all, and the marker is of one before',
      { containers, known: containers, marker, id: 'b2' },
    ],
    ['us', 'our secrets are lost, but not the state', { containers, known: ['one'], marker, id: undefined }],
    [
      'us',
      'it has no marker, and the state knows a part',
      { containers, known: ['one'], marker: undefined, id: 'a1' },
    ],
    ['another', 'the marker is of another', { containers, known: [], marker, id: 'b2' }],
    ['another', 'another has begun to take it over', { containers, known: ['one'], marker, id: 'b2' }],
    ['another', 'nothing is known of it here', { containers, known: [], marker, id: undefined }],
    [
      'another',
      'it has no marker and is in no state',
      { containers, known: ['gone'], marker: undefined, id: 'a1' },
    ],
  ] as const)('is of %s where %s', (owner, _why, facts) => {
    expect(ownerOf(facts)).toBe(owner);
  });
});

describe("what is said over another checkout's deployment", () => {
  const said = (here: string, isThere = true, found: typeof marker | undefined = marker) =>
    foreignError('x', found ? { marker: found } : {}, here, () => isThere).message;

  it('names the folder and the time, and both ways on', () => {
    expect(said('/home/me/second')).toMatch(
      /^"x" is deployed from \/home\/me\/first on 2026-11-2\d \d\d:\d\d:11 \S+, which has its state and its secrets\. Nothing was changed\.\n {2}Fix: cd \/home\/me\/first, and run this there; or/,
    );
    expect(said('/home/me/second')).toContain('npm run deploy -- --adopt');
  });

  it('sends nobody to a folder that is gone, or that this one is', () => {
    for (const text of [said('/home/me/second', false), said('/home/me/first')]) {
      expect(text).toContain('Fix: npm run deploy -- --adopt');
      expect(text).not.toContain('cd ');
    }
  });

  it('does without a marker', () => {
    expect(foreignError('x', {}, '/here').message).toMatch(/deployed from another folder/);
  });
});

it('the marker is no data', () => {
  expect(holdsData('x-deployment-config')).toBe(false);
});
