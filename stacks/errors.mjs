// Plain JavaScript: bootstrap needs it before any package is installed.
import { messages } from '../messages/bootstrap.mjs';

/**
 * An error the user can fix. Caught once, at the top: printed without a stack trace, exit code 1.
 */
export class UserError extends Error {
  /**
   * @param {string} what what went wrong, with the setting's name and value where one is at fault
   * @param {string} [fix] the next command or change
   */
  constructor(what, fix) {
    super(fix ? messages.withFix(what, fix) : what);
    this.name = 'UserError';
    this.what = what;
    this.fix = fix;
  }
}
