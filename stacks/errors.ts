/** What a user can mend. Caught once, at the top: printed without a stack trace, exit code 1. */
export class UserError extends Error {
  /**
   * @param what what went wrong, with the setting's name and value where one is at fault
   * @param fix the next command or change
   */
  constructor(what: string, fix?: string) {
    super(fix ? `${what}\n  Fix: ${fix}` : what);
    this.name = 'UserError';
  }
}
