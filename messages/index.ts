/** All that this package says to its user, in the language of this run. */
import { en } from './en/index.ts';
import { language } from './language.mjs';
import { zh } from './zh/index.ts';

/**
 * What is said in one language: texts, and functions of names and numbers that give one. A catalogue is a plain value,
 * so that the compiler finds what is missing in another language.
 */
export type Messages = typeof en;

export const CATALOGUES: Readonly<Record<typeof language, Messages>> = { en, zh };

export const messages = CATALOGUES[language];
