import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Each protocol test file has a server process of its own: more at once would disturb their timing.
    maxWorkers: 2,
  },
});
