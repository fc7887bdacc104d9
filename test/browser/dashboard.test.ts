import { SignJWT } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { docker } from '../support/deployment.ts';
import {
  BASE_URLS,
  colouredPixels,
  deployed,
  deployment,
  fitsWidth,
  launch,
  login,
  USER,
  type Visit,
  visit,
} from './browser.ts';

const PHONE = { viewport: { width: 390, height: 844 } };

deployed();
let browser: Browser;
let current: Visit;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

beforeEach(async () => {
  current = await visit(browser);
});

afterEach(() => current.close());

async function expectAllTopicsDrawn(page: Page): Promise<void> {
  await expect.poll(() => colouredPixels(page, 'Price'), { timeout: 5_000 }).toBeGreaterThan(500);
  await expect.poll(() => colouredPixels(page, 'Monitoring'), { timeout: 5_000 }).toBeGreaterThan(20);
  await expect.poll(() => colouredPixels(page, 'Capacity'), { timeout: 5_000 }).toBeGreaterThan(5);
  await page.waitForSelector('tbody tr', { timeout: 5_000 });
  await page.locator('.panel', { hasText: 'Signals' }).locator('ol li').first().waitFor({ timeout: 5_000 });
}

function messagesIn(page: Page): Promise<number> {
  const row = page.locator('dl > div', { hasText: 'Messages in' });
  return row.locator('dd').textContent().then(Number);
}

/** A token of the backend's own kind, that ends after some seconds. */
function signToken(seconds: number): Promise<string> {
  return new SignJWT({ sub: USER })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(`${seconds} s`)
    .sign(deployment.sessionKey());
}

async function openWithToken(page: Page, base: string, token: string): Promise<void> {
  await page.goto(`${base}/login`);
  await page.evaluate((value) => localStorage.setItem('token', value), token);
  await page.goto(base);
}

describe.each(BASE_URLS)('the dashboard at %s', (base) => {
  it('logs in, upgrades with 101 and draws the four topics within 5 s, without an error', async () => {
    const { page, upgrades, problems } = current;
    await login(page, base);
    await page.getByRole('status').filter({ hasText: 'Live' }).first().waitFor();
    await expectAllTopicsDrawn(page);
    await page.getByText('Simulated').first().waitFor();
    expect(upgrades).toEqual([101]);
    expect(problems).toEqual([]);
  });

  it('closes the socket on logout and forgets the token', async () => {
    const { page, closedSockets } = current;
    await login(page, base);
    await expectAllTopicsDrawn(page);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/login');
    await expect.poll(() => closedSockets.count).toBe(1);
    expect(await page.evaluate(() => localStorage.getItem('token'))).toBeNull();
  });

  it('connects again after a reload, without a new login', async () => {
    const { page, upgrades } = current;
    await login(page, base);
    await expectAllTopicsDrawn(page);
    await page.reload();
    await expectAllTopicsDrawn(page);
    expect(upgrades).toEqual([101, 101]);
  });

  it('fails when the password is wrong, and says so', async () => {
    const { page, upgrades } = current;
    await login(page, base, 'not the password');
    await page.getByText('Wrong user name or password.').waitFor();
    expect(upgrades).toEqual([]);
    expect(new URL(page.url()).pathname).toBe('/login');
  });

  it('leads to the login page, once, when a stored token is refused', async () => {
    const { page, upgrades } = current;
    await openWithToken(page, base, 'out.of.date');
    await page.getByText('Your session has ended.').waitFor();
    const attempts = upgrades.length;
    await page.waitForTimeout(5_000);
    expect(upgrades).toHaveLength(attempts);
    expect(new URL(page.url()).pathname).toBe('/login');
  });

  it('leads to the login page when the token runs out', async () => {
    const { page, upgrades } = current;
    await openWithToken(page, base, await signToken(6));
    await page.getByRole('status').filter({ hasText: 'Live' }).first().waitFor();
    await page.getByText('Your session has ended.').waitFor({ timeout: 15_000 });
    expect(upgrades).toEqual([101]);
  });

  it('reconnects by itself when the backend restarts, and the charts go on', async () => {
    const { page, upgrades } = current;
    await login(page, base);
    await expectAllTopicsDrawn(page);
    const before = await messagesIn(page);
    await docker('restart', deployment.container('backend'));
    await page.locator('dl > div', { hasText: 'Reconnects' }).getByText('1', { exact: true }).waitFor();
    await expect.poll(() => messagesIn(page), { timeout: 15_000 }).toBeGreaterThan(before + 8);
    await expectAllTopicsDrawn(page);
    expect(upgrades.filter((status) => status === 101)).toHaveLength(2);
  });

  it('fits a phone, also the login page', async () => {
    const phone = await visit(browser, PHONE);
    await phone.page.goto(base);
    await phone.page.waitForSelector('input[name=username]');
    expect(await fitsWidth(phone.page)).toBe(true);
    await login(phone.page, base);
    await expectAllTopicsDrawn(phone.page);
    expect(await fitsWidth(phone.page)).toBe(true);
    await phone.close();
  });

  it("speaks the browser's language, and remembers another choice", async () => {
    const chinese = await visit(browser, { locale: 'zh-CN' });
    await chinese.page.goto(base);
    await chinese.page.getByText('用户名').waitFor();
    await chinese.page.getByRole('button', { name: 'English' }).click();
    await chinese.page.reload();
    await chinese.page.getByText('User name').waitFor();
    await chinese.close();
  });
});
