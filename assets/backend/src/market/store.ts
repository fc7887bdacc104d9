import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Candle, NewSignal, Signal } from './types.ts';

/** 7 days of 5 s candles. */
export const CANDLES_KEPT = 120_960;
export const SIGNALS_KEPT = 50_000;

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE candles (
    feed TEXT NOT NULL, time INTEGER NOT NULL,
    open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL, volume REAL NOT NULL,
    PRIMARY KEY (feed, time)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE signals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    feed TEXT NOT NULL, time INTEGER NOT NULL, strategy TEXT NOT NULL,
    side TEXT NOT NULL, price REAL NOT NULL, reason TEXT NOT NULL,
    UNIQUE (feed, time, strategy)
  ) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** A closed candle with the signals that it gave. */
export interface Batch {
  readonly candle: Candle;
  readonly signals: readonly NewSignal[];
}

/** Candles and signals of one feed on disk. All methods throw SQLite's error when the disk is full or broken. */
export class Store {
  readonly #path: string;
  readonly #feed: string;
  readonly #db: DatabaseSync;

  constructor(path: string, feed: string) {
    this.#path = path;
    this.#feed = feed;
    this.#db = new DatabaseSync(path);
    // FULL: a commit has reached the disk when it returns, so that what was published survives a power cut too.
    // It costs one fsync per 5 s candle.
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;');
    this.#migrate();
  }

  /**
   * Writes all or nothing, and returns once it is on the disk.
   * @returns the signals with their ids
   */
  commit(batches: readonly Batch[]): Signal[] {
    return this.#transaction(() => {
      const addCandle = this.#db.prepare(
        'INSERT INTO candles (feed, time, open, high, low, close, volume) VALUES (?, ?, ?, ?, ?, ?, ?)',
      );
      const addSignal = this.#db.prepare(
        'INSERT INTO signals (feed, time, strategy, side, price, reason) VALUES (?, ?, ?, ?, ?, ?)',
      );
      const stored: Signal[] = [];
      for (const { candle: c, signals } of batches) {
        addCandle.run(this.#feed, c.time, c.open, c.high, c.low, c.close, c.volume);
        for (const s of signals) {
          const { lastInsertRowid } = addSignal.run(
            this.#feed,
            s.time,
            s.strategy,
            s.side,
            s.price,
            s.reason,
          );
          stored.push({ id: Number(lastInsertRowid), ...s });
        }
      }
      return stored;
    });
  }

  /** Oldest first: of those at or after `since` (Unix milliseconds) the newest `limit`. */
  candles(since: number, limit: number): Candle[] {
    return this.#select<Candle>('time, open, high, low, close, volume', 'candles', since, limit);
  }

  /** Oldest first: of those at or after `since` (Unix milliseconds) the newest `limit`. */
  signals(since: number, limit: number): Signal[] {
    return this.#select<Signal>('id, time, strategy, side, price, reason', 'signals', since, limit);
  }

  /** For each strategy that has signalled: how often, and the newest one. */
  strategySummaries(): Map<string, { readonly count: number; readonly last: Signal }> {
    // With a single max() SQLite takes the other columns from the row that has it (sqlite.org/lang_select.html).
    const rows = this.#db
      .prepare(
        `SELECT count(*) AS count, max(id) AS id, time, strategy, side, price, reason
         FROM signals WHERE feed = ? GROUP BY strategy`,
      )
      .all(this.#feed) as unknown as (Signal & { count: number })[];
    return new Map(rows.map(({ count, ...last }) => [last.strategy, { count, last }]));
  }

  /** Deletes what is beyond the retention, of all feeds together. */
  prune(candlesKept = CANDLES_KEPT, signalsKept = SIGNALS_KEPT): void {
    this.#transaction(() => {
      const oldest = 'SELECT time FROM candles ORDER BY time DESC LIMIT 1 OFFSET ?';
      this.#db.prepare(`DELETE FROM candles WHERE time <= (${oldest})`).run(candlesKept);
      const oldestId = 'SELECT id FROM signals ORDER BY id DESC LIMIT 1 OFFSET ?';
      this.#db.prepare(`DELETE FROM signals WHERE id <= (${oldestId})`).run(signalsKept);
    });
  }

  /** Bytes on disk, the write-ahead log included. */
  size(): number {
    const bytes = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return bytes(this.#path) + bytes(`${this.#path}-wal`);
  }

  close(): void {
    this.#db.close();
  }

  #select<Row>(columns: string, table: 'candles' | 'signals', since: number, limit: number): Row[] {
    const rows = this.#db
      .prepare(`SELECT ${columns} FROM ${table} WHERE feed = ? AND time >= ? ORDER BY time DESC LIMIT ?`)
      .all(this.#feed, since, limit);
    return rows.reverse() as unknown as Row[];
  }

  #transaction<Result>(work: () => Result): Result {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #migrate(): void {
    const { user_version: version } = this.#db.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    if (version === SCHEMA_VERSION) return;
    if (version !== 0) {
      throw new Error(
        `${this.#path} was written by another version (schema ${version}, not ${SCHEMA_VERSION})`,
      );
    }
    this.#transaction(() => this.#db.exec(SCHEMA));
  }
}
