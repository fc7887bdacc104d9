import type { verify as en } from '../en/verify.ts';

export const verify: typeof en = {};
