/** A connection that is a stream of HTTP/2: as a socket is, for programs that expect one. */
import type { ClientHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';

const OK = 200;

/**
 * Emits `connect` when it is open. It hands buffers on: of strings that are written to a stream of HTTP/2 which is not on
 * a socket, Node 20 loses the beginning. The peer may end a stream before all is written; to a socket that is no error.
 */
export class Connection extends Duplex {
  private readonly stream: ClientHttp2Stream;

  constructor(stream: ClientHttp2Stream) {
    super();
    this.stream = stream;
    stream.once('response', ({ ':status': status, error: code }) => {
      if (status === OK) this.emit('connect');
      else this.destroy(Object.assign(new Error(String(code)), { code: String(code) }));
    });
    stream.on('data', (chunk) => {
      if (!this.push(chunk)) stream.pause();
    });
    stream.once('end', () => this.push(null));
    stream.once('error', (error) => this.destroy(error));
    stream.on('timeout', () => this.emit('timeout'));
    stream.once('close', () => {
      if (!stream.readableEnded) this.destroy();
    });
  }

  /** As a socket's. @param ms 0 for none */
  setTimeout(ms: number, listener?: () => void): this {
    if (listener && ms > 0) this.once('timeout', listener);
    if (listener && ms === 0) this.removeListener('timeout', listener);
    this.stream.setTimeout(ms);
    return this;
  }

  override _read(): void {
    this.stream.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.stream.writable) this.stream.write(chunk, done);
    else done();
  }

  override _final(done: () => void): void {
    this.stream.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.stream.close();
    done(error);
  }
}
