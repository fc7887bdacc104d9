import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URLS, launch, visit } from './browser.ts';

/** The `src` folder that a running dev container has mounted; these tests change a file in it and put it back. */
const SOURCE_DIR = env.DEV_SOURCE_DIR;

describe.skipIf(!SOURCE_DIR).each(BASE_URLS)('the dev server behind %s', (base) => {
  const file = join(SOURCE_DIR ?? '', 'views/LoginView.vue');
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(() => browser.close());

  it('shows an edit without a reload of the page', async () => {
    const { page, close } = await visit(browser);
    const original = readFileSync(file, 'utf8');
    await page.goto(base);
    await page.fill('input[name=username]', 'typed before the edit');
    await page.evaluate(() => Object.assign(window, { notReloaded: true }));
    try {
      writeFileSync(file, original.replace('</form>', '<p>Edited by a test</p></form>'));
      await page.getByText('Edited by a test').waitFor({ timeout: 10_000 });
      expect(await page.evaluate(() => 'notReloaded' in window)).toBe(true);
    } finally {
      writeFileSync(file, original);
      await close();
    }
  });
});
