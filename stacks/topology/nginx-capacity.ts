/**
 * How much nginx takes at once, and the memory that this needs. Measured: docs/reliability.md. Each of its ports is served
 * apart, so that a flood at one leaves room at the other.
 */
import type { Settings } from '../settings/definitions.ts';

const BASE_MIB = 48;
/**
 * Header lines that are longer than 1 KiB are in two of these, one line in one: all that Node.js takes fits, such as a
 * cookie of 15 KiB. An answer's header is in one.
 */
export const HEADER_BUFFERS = { number: 2, kib: 16 };
/** A connection whose headers fill 16 KiB took 17; a WebSocket takes 27 KB, and two of the slots. */
const KIB_PER_SLOT = 8 + HEADER_BUFFERS.number * HEADER_BUFFERS.kib;
/** An event and a connection are set up for each slot when a worker starts. */
const BYTES_PER_IDLE_SLOT = 448;
const WORKER_MIB = 1;

/** What all uploads may fill of /tmp, where that is enough for a few: 12 of 10 MiB at each port. */
const UPLOADS_MIB = 240;
const FEWEST_UPLOADS = 4;
const MOST_UPLOADS = 64;
/** Of the connections that are served, those that may be sending a body: a flood of slow ones leaves room for others. */
const SHARE_OF_BODIES = 1 / 4;

/** What is served at the other port beside a full one. */
const SHARE_BESIDE = 1 / 10;

/** Workers that reloads have left to their open WebSockets; before one more, the oldest is ended. */
export const OLD_WORKERS = 8;

type Capacity = Pick<Settings, 'BTCW_MAX_BODY' | 'BTCW_MAX_CONNECTIONS'>;

const MIB_PER_UNIT: Readonly<Record<string, number>> = { k: 1 / 1024, m: 1, g: 1024 };
const mebibytes = (size: string): number => Number.parseInt(size, 10) * (MIB_PER_UNIT[size.slice(-1)] ?? 1);

/** Connections that are served at all ports together. */
export const connectionsFor = (
  { BTCW_MAX_CONNECTIONS: served }: Pick<Capacity, 'BTCW_MAX_CONNECTIONS'>,
  ports: number,
): number => served + (ports - 1) * Math.ceil(served * SHARE_BESIDE);

/**
 * Slots of a worker. A served connection takes two, to the client and upstream. nginx closes connections that wait for a
 * request, without an answer, as soon as 1/16 of the slots or less are free.
 */
export const slotsFor = (capacity: Pick<Capacity, 'BTCW_MAX_CONNECTIONS'>, ports: number): number =>
  Math.ceil(((2 * connectionsFor(capacity, ports) + 64) * 16) / 15) + 64;

/** Requests with a body that a port serves at once. */
export const bodiesFor = ({ BTCW_MAX_CONNECTIONS: served }: Pick<Capacity, 'BTCW_MAX_CONNECTIONS'>): number =>
  Math.ceil(served * SHARE_OF_BODIES);

/** Request bodies of a port that are in files under /tmp at once. */
export const uploadsFor = ({ BTCW_MAX_BODY: size }: Pick<Capacity, 'BTCW_MAX_BODY'>, ports: number): number =>
  Math.min(MOST_UPLOADS, Math.max(FEWEST_UPLOADS / ports, Math.floor(UPLOADS_MIB / ports / mebibytes(size))));

/** Size of /tmp, in MiB. A change of it replaces the container, so it does not depend on the number of connections. */
export const tmpFor = (capacity: Pick<Capacity, 'BTCW_MAX_BODY'>, ports: number): number =>
  Math.ceil(ports * uploadsFor(capacity, ports) * mebibytes(capacity.BTCW_MAX_BODY)) + 4;

/** What nginx takes when everything that it allows is taken, /tmp and old workers among it; in MiB. */
export function memoryFor(capacity: Capacity, ports: number): number {
  const slots = slotsFor(capacity, ports);
  const oldWorkers = OLD_WORKERS * (WORKER_MIB + (slots * BYTES_PER_IDLE_SLOT) / 1024 ** 2);
  return Math.ceil(BASE_MIB + (slots * KIB_PER_SLOT) / 1024 + oldWorkers + tmpFor(capacity, ports));
}
