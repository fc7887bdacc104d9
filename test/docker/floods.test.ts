/** One visitor, or a burst of them, takes nobody else's connection. test/long/floods.test.ts has larger ones. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestDeployment } from '../support/deployment.ts';
import { Bystanders, Flood, halfRequest, peakMiB, settled, slowReader, upload } from '../support/floods.ts';

const deployment = new TestDeployment('btcw-floods');
const SERVICES = ['nginx', 'backend', 'frontend', 'frpc', 'frps'];
const HELD = 20;
const port = Number(deployment.settings.BTCW_FRP_REMOTE_PORT);
const bystanders = new Bystanders(deployment, SERVICES);
let flood: Flood;

/** What frps and frpc had with the window of 768 KiB was 80; without it, either had more than this. */
const ENOUGH_MIB = 150;
const undisturbed = { restarted: [], alive: HELD };
const peaks = async () => ({
  frps: await peakMiB(deployment, 'frps'),
  frpc: await peakMiB(deployment, 'frpc'),
});

beforeAll(async () => {
  await deployment.remove();
  const { code, output } = await deployment.run('deploy');
  expect(code, output).toBe(0);
  await bystanders.arrive(HELD);
});
beforeEach(() => {
  flood = new Flood();
});
afterEach(async ({ task }) => {
  flood.end();
  const most = await peaks();
  console.info(`${task.name}: ${JSON.stringify(most)} MiB at the most`);
  expect(Math.max(...Object.values(most))).toBeLessThan(ENOUGH_MIB);
  if (task.result?.state === 'fail') await deployment.printLogs();
});
afterAll(async () => {
  bystanders.leave();
  await deployment.remove();
});

describe('everybody else goes on', () => {
  it('while 40 connections ask for much and read nothing', async () => {
    const page = await (await fetch(deployment.public)).text();
    const script = /"(\/assets\/[^"]+\.js)"/.exec(page)?.[1];
    expect(script).toBeDefined();
    await flood.open({ port, count: 40, act: slowReader(String(script)) });
    await settled(deployment, ['frps', 'frpc']);
    expect(await bystanders.report()).toEqual(undisturbed);
    expect(flood.standing).toBe(40);
  });

  it('while 60 connections send 10 MB each', async () => {
    await flood.open({ port, count: 60, act: upload('/api/v1/auth/token', 10_000_000) });
    await settled(deployment, ['frps', 'frpc']);
    expect(await bystanders.report()).toEqual(undisturbed);
  });

  it('while 1,500 come in three seconds from eight addresses', async () => {
    await flood.open({ port, count: 1_500, addresses: 8, perSecond: 500, act: halfRequest });
    expect(await bystanders.report()).toEqual(undisturbed);
    flood.end();
    expect(await bystanders.newcomer()).toBeDefined();
  });
});
