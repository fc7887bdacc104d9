// What bootstrap says, in the language of this run.
import { bootstrap as en } from './en/bootstrap.mjs';
import { language } from './language.mjs';
import { bootstrap as zh } from './zh/bootstrap.mjs';

export const messages = { en, zh }[language];
