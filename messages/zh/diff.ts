import type { diff as en } from '../en/diff.ts';

export const diff: typeof en = {};
