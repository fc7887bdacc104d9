export const docker = {
  client: {
    noPermission: 'Docker refuses this user: no permission on its socket.',
    joinGroup: 'sudo usermod -aG docker "$USER", then log out and in again.',
    noEngine: 'The Docker engine does not answer.',
    startEngine: 'start it: npm run up (or: sudo systemctl start docker).',
    noEngineAt: (address: string) => `The Docker engine at ${address} does not answer.`,
    startEngineThere: 'start it there, or choose another one: DOCKER_HOST, docker context use.',
    notInstalled: 'The docker program is not installed.',
    install: 'npm run up installs it.',
  },
  engine: {
    contextWithTls: (context: string) =>
      `The Docker context "${context}" has TLS files, which Terraform's provider takes from the environment only.`,
    podman: 'The engine is Podman, which names images and networks differently from Docker.',
    useDocker: 'install Docker, and set DOCKER_HOST=unix:///var/run/docker.sock.',
    dockerDesktop:
      'The bridge of Docker Desktop is not on this host: nothing can be published on its address, where nginx reaches the applications.',
    rootless:
      'The bridge of a rootless engine is not on this host: nothing can be published on its address, where nginx reaches the applications.',
    useSystemEngine: "use the system's own engine: docker context use default",
  },
  inspect: {
    timedOut: (kind: string) => `Docker has not answered "docker ${kind} inspect" in time.`,
    tryAgain: 'try again when this host is less busy; npm run doctor shows whether the engine answers.',
    /** Docker's words for how a container is, and the two that this package adds. */
    states: {
      created: 'created',
      running: 'running',
      paused: 'paused',
      restarting: 'restarting',
      removing: 'removing',
      exited: 'exited',
      dead: 'dead',
      missing: 'missing',
      none: 'none',
      starting: 'starting',
      healthy: 'healthy',
      unhealthy: 'unhealthy',
      completed: 'exited (0)',
    },
  },
  logs: {
    unreadable: (container: string, why: string) => `The log of ${container} cannot be read: ${why}`,
  },
};
