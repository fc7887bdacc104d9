import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { TestDeployment } from '../support/deployment.ts';

/** What the tests look at; each file deploys it in the mode it needs. */
export const deployment = new TestDeployment('btcw-browser');
/** Through nginx, and through the tunnel. */
export const BASE_URLS = [deployment.local, deployment.public];
export const USER = 'admin';

/** Deploys, and removes all of it after the file's tests. */
export function deployed(settings: Record<string, string> = {}): void {
  beforeAll(async () => {
    await deployment.remove();
    const { code, output } = await deployment.run('deploy', [], settings);
    expect(code, output).toBe(0);
  });
  afterAll(() => deployment.remove());
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page in a profile of its own, and what the browser itself reported about it. */
export interface Visit {
  readonly page: Page;
  /** Status codes of the API's WebSocket upgrades, from the browser's own network events. */
  readonly upgrades: number[];
  readonly closedSockets: { count: number };
  readonly problems: string[];
  close(): Promise<void>;
}

export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ locale: 'en-US', ...options });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const upgrades: number[] = [];
  const closedSockets = { count: 0 };
  const problems: string[] = [];
  await devtools.send('Network.enable');
  const sockets = new Set<string>();
  devtools.on('Network.webSocketCreated', ({ requestId, url }) => {
    // In dev mode Vite has a WebSocket of its own.
    if (new URL(url).pathname === '/api/v1/ws') sockets.add(requestId);
  });
  devtools.on('Network.webSocketHandshakeResponseReceived', ({ requestId, response }) => {
    if (sockets.has(requestId)) upgrades.push(response.status);
  });
  devtools.on('Network.webSocketClosed', ({ requestId }) => {
    if (sockets.has(requestId)) closedSockets.count += 1;
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  return { page, upgrades, closedSockets, problems, close: () => context.close() };
}

export async function login(page: Page, base: string, password = deployment.password): Promise<void> {
  await page.goto(base);
  await page.fill('input[name=username]', USER);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
}

/** How many pixels of a chart have a colour, so that axes and labels, which are grey, do not count. */
export function colouredPixels(page: Page, chart: string): Promise<number> {
  return page
    .getByRole('img', { name: chart })
    .locator('canvas')
    .evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      // Read from a copy, as reading slows down the chart's own canvas and makes the browser warn.
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {
        willReadFrequently: true,
      });
      copy?.drawImage(canvas, 0, 0);
      const data = copy?.getImageData(0, 0, canvas.width, canvas.height).data;
      let count = 0;
      for (let i = 0; data && i < data.length; i += 4) {
        const [red = 0, green = 0, blue = 0] = data.subarray(i, i + 3);
        if (Math.max(red, green, blue) - Math.min(red, green, blue) > 60) count += 1;
      }
      return count;
    });
}

/** Whether all of the page fits into its width. */
export function fitsWidth(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
}
