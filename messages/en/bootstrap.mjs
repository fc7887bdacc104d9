// Plain JavaScript: bootstrap speaks before any package is installed.
export const bootstrap = {
  asRoot: (/** @type {string} */ why) => `${why} is missing, and only root can install it.`,
  withFix: (/** @type {string} */ what, /** @type {string} */ fix) => `${what}\n  Fix: ${fix}`,
};
