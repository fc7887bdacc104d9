import type { backup as en } from '../en/backup.ts';

export const backup: typeof en = {};
