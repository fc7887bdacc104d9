/** A problem line, in the one form all of them have. */
export const problem = (
  name: string,
  rule: string,
  got: string,
  fix = 'Set it in .env or the environment.',
) => `${name}: ${rule}, got "${got}". ${fix}`;
