/** How much nginx takes at once, and the memory that this needs. Measured: docs/reliability.md. */
import type { Settings } from '../settings/definitions.ts';

const BASE_MIB = 48;
/** A connection whose headers fill its buffers took 17 KiB; a WebSocket takes 27 KB, and two of the slots. */
const KIB_PER_SLOT = 24;
/** An event and a connection are set up for each slot when a worker starts. */
const BYTES_PER_IDLE_SLOT = 448;
const WORKER_MIB = 1;

/** What all uploads may fill of /tmp, where that is enough for a few. */
const UPLOADS_MIB = 160;
const FEWEST_UPLOADS = 4;
const MOST_UPLOADS = 64;
/** Of the connections that are served, those that may be sending a body: a flood of slow ones leaves room for others. */
const SHARE_OF_BODIES = 1 / 4;

/** Workers that reloads have left to their open WebSockets; before one more, the oldest is ended. */
export const OLD_WORKERS = 8;

/** What a request takes in header lines that are longer than 1 KiB; as much as Node.js takes. */
export const HEADER_BUFFERS = { number: 2, kib: 8 };

type Capacity = Pick<Settings, 'BTCW_MAX_BODY' | 'BTCW_MAX_CONNECTIONS'>;

const MIB_PER_UNIT: Readonly<Record<string, number>> = { k: 1 / 1024, m: 1, g: 1024 };
const mebibytes = (size: string): number => Number.parseInt(size, 10) * (MIB_PER_UNIT[size.slice(-1)] ?? 1);

/**
 * Slots of a worker. A served connection takes two, to the client and upstream. nginx closes connections that wait for a
 * request, without an answer, as soon as 1/16 of the slots or less are free.
 */
export const slotsFor = ({ BTCW_MAX_CONNECTIONS: served }: Pick<Capacity, 'BTCW_MAX_CONNECTIONS'>): number =>
  Math.ceil(((2 * served + 64) * 16) / 15) + 64;

/** Requests with a body that are served at once. */
export const bodiesFor = ({ BTCW_MAX_CONNECTIONS: served }: Pick<Capacity, 'BTCW_MAX_CONNECTIONS'>): number =>
  Math.ceil(served * SHARE_OF_BODIES);

/** Request bodies that are in files under /tmp at once. */
export const uploadsFor = ({ BTCW_MAX_BODY: size }: Pick<Capacity, 'BTCW_MAX_BODY'>): number =>
  Math.min(MOST_UPLOADS, Math.max(FEWEST_UPLOADS, Math.floor(UPLOADS_MIB / mebibytes(size))));

/** Size of /tmp, in MiB. A change of it replaces the container, so it does not depend on the number of connections. */
export const tmpFor = (capacity: Pick<Capacity, 'BTCW_MAX_BODY'>): number =>
  Math.ceil(uploadsFor(capacity) * mebibytes(capacity.BTCW_MAX_BODY)) + 4;

/** What nginx takes when everything that it allows is taken, /tmp and old workers among it; in MiB. */
export function memoryFor(capacity: Capacity): number {
  const slots = slotsFor(capacity);
  const oldWorkers = OLD_WORKERS * (WORKER_MIB + (slots * BYTES_PER_IDLE_SLOT) / 1024 ** 2);
  return Math.ceil(BASE_MIB + (slots * KIB_PER_SLOT) / 1024 + oldWorkers + tmpFor(capacity));
}
