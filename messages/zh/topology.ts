import type { topology as en } from '../en/topology.ts';

export const topology: typeof en = {};
