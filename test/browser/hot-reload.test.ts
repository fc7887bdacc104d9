import { readFileSync, writeFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URLS, deployed, launch, visit } from './browser.ts';

deployed({ BTCW_FRONTEND_MODE: 'dev' });
/** Mounted into the container; the tests change it and put it back. */
const file = 'assets/frontend/src/views/LoginView.vue';

describe.each(BASE_URLS)('the dev server behind %s', (base) => {
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
