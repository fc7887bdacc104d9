/** What a setting is. */
import type { z } from 'zod';
import type * as rules from './rules.ts';

/** One setting: its documentation and its rule. */
export interface Definition<T extends z.ZodType = z.ZodType> {
  /** As it would stand in `.env`; '' means "not set". */
  readonly default: string;
  readonly group: SettingGroup;
  /** What it means, in English and in Chinese. */
  readonly en: string;
  readonly zh: string;
  readonly schema: T;
  /** What should be at the path that the value is. @default - the value is no path */
  readonly path?: rules.PathRule;
  /** Values that are words, and no paths. @default [] */
  readonly words?: readonly string[];
  /**
   * Finds the value where none is set: a path, or what follows from the settings before it, by their names.
   * @default - nothing is looked for
   */
  readonly find?: (
    files: rules.FileSystem,
    settings: Readonly<Record<string, unknown>>,
  ) => string | undefined;
  /** Whether the file it names holds a secret, which is taken out of all that is shown. @default false */
  readonly secret?: true;
  /** Whether the query of the address it is may hold a key, which is not kept. @default false */
  readonly secretQuery?: true;
}

/** The headings of `.env.example`, in its order. */
export const SETTING_GROUPS = {
  deployment: 'The deployment',
  applications: 'Your own applications',
  databases: 'Databases',
  images: 'Images',
  tunnel: 'The tunnel',
  reference: 'The reference application',
  limits: 'Limits',
} as const;
export type SettingGroup = keyof typeof SETTING_GROUPS;

export const define = <T extends z.ZodType>(definition: Definition<T>): Definition<T> => definition;
