import type { deployment as en } from '../en/deployment.ts';

export const deployment: typeof en = {};
