/** Size and SHA-256 of a stream. */
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';

/** Counts and hashes what passes through. */
export class Checksum extends PassThrough {
  size = 0;
  private readonly hash = createHash('sha256');
  private readonly onSize: (size: number) => void;

  constructor(onSize: (size: number) => void = () => {}) {
    super();
    this.onSize = onSize;
  }

  override _transform(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.size += chunk.length;
    this.onSize(this.size);
    this.hash.update(chunk);
    super._transform(chunk, encoding, done);
  }

  get sha256(): string {
    return this.hash.digest('hex');
  }
}
