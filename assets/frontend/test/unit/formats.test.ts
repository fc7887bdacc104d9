import { describe, expect, it } from 'vitest';
import { formatsFor } from '../../src/composables/formats.ts';
import en from '../../src/locales/en.ts';
import zh from '../../src/locales/zh.ts';

const formats = formatsFor('en-US');

function keysOf(texts: object, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'object' ? keysOf(value, `${prefix}${key}.`) : `${prefix}${key}`,
  );
}

describe('formats', () => {
  it('chooses the unit of a size', () => {
    expect(formats.bytes(0)).toBe('0 B');
    expect(formats.bytes(2_048)).toBe('2 KiB');
    expect(formats.bytes(1.5 * 1024 ** 3)).toBe('1.5 GiB');
  });

  it('writes a duration with days only where there are some', () => {
    expect(formats.duration(3_723)).toBe('01:02:03');
    expect(formats.duration(2 * 86_400 + 1)).toBe('2d 00:00:01');
    expect(formats.duration(-1)).toBe('00:00:00');
  });

  it('signs a change', () => {
    expect(formats.signedPercent(0.5)).toBe('+0.50%');
    expect(formats.signedPercent(-0.5)).toBe('-0.50%');
  });

  it('adds the date to what is not from today', () => {
    expect(formats.moment(Date.now())).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(formats.moment(Date.now() - 86_400_000)).toMatch(/^[A-Z][a-z]{2} \d/);
  });
});

it('has every text in both languages', () => {
  expect(keysOf(zh)).toEqual(keysOf(en));
});
