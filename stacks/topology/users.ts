/**
 * Numeric user and group of the programs in the images built here. Their Dockerfiles have them, too; a unit test holds
 * the two together.
 */
export const USERS = {
  /** `www-data` of Debian: nginx needs no root, as it listens above 1024 and writes to /tmp only. */
  nginx: '33:33',
  backend: '10001:10001',
  /** Needs no name: nothing else on the host runs as it. */
  frp: '10002:10002',
  vite: '10003:10003',
  /** As in the official images, so that a data folder of theirs fits. */
  postgres: '999:999',
  redis: '999:999',
} as const;
