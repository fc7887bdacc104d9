import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URLS, deployed, deployment, fitsWidth, launch, USER, visit } from './browser.ts';

const FILE = pathToFileURL(
  fileURLToPath(new URL('../../assets/frontend/public/ws-test.html', import.meta.url)),
).href;

deployed();
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

function webSocketAddress(base: string): string {
  return `${base.replace(/^http/, 'ws')}/api/v1/ws`;
}

async function fetchToken(page: Page): Promise<void> {
  await page.fill('#user', USER);
  await page.fill('#password', deployment.password);
  await page.getByRole('button', { name: 'Fetch a token' }).click();
  await page.getByText('Token received').waitFor();
}

async function connectAndSubscribe(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('button', { name: 'Subscribe to all' }).click();
  for (const topic of ['monitoring', 'strategies', 'signals', 'capacity']) {
    await page
      .locator('#log .in', { hasText: `"data","topic":"${topic}"` })
      .first()
      .waitFor();
  }
  expect(await page.locator('#round-trip').textContent()).toMatch(/^\d+\.\d ms$/);
}

describe.each(BASE_URLS)('the test page against %s', (base) => {
  it('works when served', async () => {
    const { page, upgrades, problems, close } = await visit(browser);
    await page.goto(`${base}/ws-test.html`);
    expect(await page.inputValue('#url')).toBe(webSocketAddress(base));
    await fetchToken(page);
    await connectAndSubscribe(page);
    expect(upgrades).toEqual([101]);
    expect(problems).toEqual([]);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('Closed (1000)').waitFor();
    await close();
  });

  it('works from file:// with a token that is pasted: no page of origin null may log in', async () => {
    const { page, upgrades, problems, close } = await visit(browser);
    await page.goto(FILE);
    await page.fill('#url', webSocketAddress(base));
    await page.fill('#token', await deployment.token());
    await connectAndSubscribe(page);
    expect(upgrades).toEqual([101]);
    expect(problems).toEqual([]);
    await close();
  });

  it('fails when the token is wrong, and explains it', async () => {
    const { page, close } = await visit(browser);
    await page.goto(`${base}/ws-test.html`);
    await page.fill('#token', 'not.a.token');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByText('The server says this token is not valid (401).').waitFor();
    await close();
  });

  it('fits a phone', async () => {
    const { page, close } = await visit(browser, { viewport: { width: 390, height: 844 } });
    await page.goto(`${base}/ws-test.html`);
    expect(await fitsWidth(page)).toBe(true);
    await close();
  });
});

it('shows how to get a token by hand when no answer can be read', async () => {
  const { page, close } = await visit(browser);
  await page.goto(FILE);
  await page.fill('#url', 'ws://127.0.0.1:9/api/v1/ws');
  await page.fill('#user', USER);
  await page.fill('#password', 'secret');
  await page.getByRole('button', { name: 'Fetch a token' }).click();
  await page.getByText('curl -s http://127.0.0.1:9/api/v1/auth/token').waitFor();
  expect(await page.locator('#curl').textContent()).not.toContain('secret');
  await close();
});
