/** Who gets how much of processors that are short: Docker's weights, of which a container has 1024 that has none set. */

/** Of applications and databases. */
export const CPU_SHARES = 512;
/** Of what all requests pass, and of the guard: a busy application leaves them as much again as it has itself. */
export const WAY_IN_CPU_SHARES = 1024;
