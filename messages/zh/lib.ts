import type { lib as en } from '../en/lib.ts';

export const lib: typeof en = {};
