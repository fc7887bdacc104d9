/** The folder from which the user called: commands themselves run in the package's. */
import { resolve } from 'node:path';

/** An absolute path of what the user names on the command line. */
export const callersPath = (path: string): string => resolve(process.env.INIT_CWD ?? '', path);
