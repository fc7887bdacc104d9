import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(`${import.meta.dirname}/../../${path}`, 'utf8');
const conf = read('nginx.conf');
const page = read('public/ws-test.html');

describe('the content security policy', () => {
  it.each(['script', 'style'])('lets the test page run its own %s, and no other', (tag) => {
    const [content, ...others] = [...page.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(
      ([, text = '']) => text,
    );
    expect(others).toEqual([]);
    const hash = createHash('sha256')
      .update(content ?? '')
      .digest('base64');
    expect(conf).toContain(`${tag}-src 'sha256-${hash}';`);
  });

  it('lets no page speak to another server', () => {
    const allowed = [...conf.matchAll(/connect-src ([^;]*);/g)].map(([, sources]) => sources);
    expect(allowed).toEqual(["'self'", "'self'"]);
    expect(conf).not.toContain('unsafe-inline');
  });
});
