/**
 * What a program prints, in a file without a name instead of a pipe. A program that prints into a pipe whose reader has
 * been killed is killed, too (SIGPIPE), in the middle of what it writes.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

/** In memory first: what a program says of a full disk must not be lost on that disk. */
const FOLDERS = ['/dev/shm', tmpdir()];
const CHUNK_BYTES = 65_536;

function openUnnamed(): { writer: number; reader: number } {
  const failures: unknown[] = [];
  for (const folder of FOLDERS) {
    const path = join(folder, `btcw-${randomBytes(8).toString('hex')}`);
    try {
      // Appending, so that two streams can share it.
      const writer = openSync(path, 'ax', 0o600);
      return { writer, reader: openSync(path, 'r') };
    } catch (error) {
      failures.push(error);
    } finally {
      rmSync(path, { force: true });
    }
  }
  throw failures.at(-1);
}

export class OutputFile {
  /** For the program's streams. */
  readonly descriptor: number;
  private readonly reader: number;
  private readonly decoder = new StringDecoder('utf8');
  private readonly chunk = Buffer.alloc(CHUNK_BYTES);
  private unfinished = '';

  constructor() {
    const { writer, reader } = openUnnamed();
    this.descriptor = writer;
    this.reader = reader;
  }

  /** The lines that were completed since the last call. */
  newLines(): string[] {
    for (;;) {
      const bytes = readSync(this.reader, this.chunk);
      if (bytes === 0) break;
      this.unfinished += this.decoder.write(this.chunk.subarray(0, bytes));
    }
    const lines = this.unfinished.split('\n');
    this.unfinished = lines.pop() ?? '';
    return lines;
  }

  /** What was printed after the last line that {@link newLines} gave. */
  get rest(): string {
    return this.unfinished;
  }

  close(): void {
    closeSync(this.descriptor);
    closeSync(this.reader);
  }
}
