import type { doctor as en } from '../en/doctor.ts';

export const doctor: typeof en = {};
