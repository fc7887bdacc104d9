import type { docker as en } from '../en/docker.ts';

export const docker: typeof en = {};
