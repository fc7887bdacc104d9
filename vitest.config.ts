import { defineConfig } from 'vitest/config';

// Tests quote messages.
process.env.BTCW_LANG = 'en';

/** A real engine, ports of the host: one file after the other. */
const onEngine = { fileParallelism: false, testTimeout: 180_000, hookTimeout: 300_000 };

/** Docker tests that run beside the others, which use the ports that they have by default. */
const BESIDE = [
  'adopt',
  'architectures',
  'backup',
  'compose',
  'database-images',
  'engine',
  'foreign',
  'frozen',
  'frp-certificate',
  'frp-servers',
  'gateway',
  'interrupts',
  'limits',
  'log-rotation',
  'renewal',
  'rollback',
  'services',
  'terminal',
  'update',
  'visitors',
].map((name) => `test/docker/${name}.test.ts`);
/** What these add to the number of each port. */
const PORT_OFFSET = '250';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      { test: { name: 'synth', include: ['test/synth/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'docker',
          include: ['test/docker/**/*.test.ts'],
          exclude: BESIDE,
          ...onEngine,
        },
      },
      {
        test: {
          name: 'docker-beside',
          include: BESIDE,
          env: { TEST_PORT_OFFSET: PORT_OFFSET },
          ...onEngine,
        },
      },
      {
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts', 'test/docker/interrupts.test.ts'],
          ...onEngine,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
