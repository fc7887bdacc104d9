export const containers = {
  runningName: (service: string) => `${service} is running and healthy`,
  missing: (container: string) => `there is no container ${container}`,
  completed: (span: string) => `exited (0), started ${span} ago`,
  runningFor: (span: string) => `running for ${span}`,
  oneOffFailed: (container: string, code: number) => `${container} has failed (code ${code})`,
  inState: (container: string, state: string) => `${container} is ${state}`,
  paused: (container: string) => `${container} is paused`,
  restartLoop: (container: string, details: string) => `${container} is in a restart loop (${details})`,
  exited: (container: string, details: string) => `${container} has exited (${details})`,
  notRunning: (container: string, state: string, details: string) => `${container} is ${state} (${details})`,
  notStarted: (container: string, error: string) => `Docker could not start ${container}: ${error}`,
  exitCode: (code: number) => `exit code ${code}`,
  code: (code: number) => `code ${code}`,
  restarts: (count: number) => `${count} restarts`,
  outOfMemory: 'out of memory',
  unhealthy: (container: string, why: string) => `${container} is running, but unhealthy: ${why}`,
  healthCheckTimedOut: 'its health check timed out',
  withLastLine: (problem: string, line: string) => `${problem}; last log line: ${line}`,
  up: (health: string, span: string) => `${health}, up ${span}`,

  healthChecksName: (service: string) => `${service}: Docker runs its health check`,
  lastHealthCheck: (span: string) => `last one ${span} ago`,
  healthChecksStopped: (container: string, age: string, interval: string) =>
    `the last health check of ${container} was ${age} ago, its interval is ${interval}: dockerd has restarted without resuming it`,

  memoryName: (service: string) => `${service}: no process was killed at its memory limit`,
  memoryLimit: (limit: string) => `limit ${limit}`,
  killedOnce: (container: string, limit: string) =>
    `a process in ${container} was killed at its memory limit of ${limit} once`,
  killed: (container: string, limit: string, count: number) =>
    `a process in ${container} was killed at its memory limit of ${limit} ${count} times`,
  raiseMemory: (service: string) => `raise mem_limit of ${service} in the compose file, then: npm run deploy`,
};
