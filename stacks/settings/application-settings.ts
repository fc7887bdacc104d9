/** The settings of what is known of the owner's application. */
import { define } from './definition.ts';
import * as rules from './rules.ts';

export const APPLICATION_SETTINGS = {
  BTCW_APP_PROFILE: define({
    default: '',
    group: 'applications',
    en: 'what verify, doctor, status and deploy know of the application: reference, generic, or a YAML file (docs/app-profile.md); empty: reference for the backend of this package, generic for your own',
    zh: 'verify、doctor、status、deploy 对应用的了解：reference、generic 或 YAML 文件（docs/app-profile.md）；留空则本包自带后端用 reference，自己的后端用 generic',
    schema: rules.path,
    words: ['reference', 'generic'],
    path: rules.file('should be "reference", "generic" or a YAML file that exists'),
  }),
} as const;
