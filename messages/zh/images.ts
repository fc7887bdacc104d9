import type { images as en } from '../en/images.ts';

export const images: typeof en = {};
