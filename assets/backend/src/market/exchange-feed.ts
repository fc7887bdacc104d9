import { Type } from '@fastify/type-provider-typebox';
import { Compile } from 'typebox/compile';
import type { Logger } from '../log.ts';
import type { PriceFeed } from './feed.ts';
import type { Trade } from './types.ts';

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** A connected feed without a trade for this long is taken for dead and connected anew. */
const SILENCE_MS = 60_000;
/** How far an exchange's clock may be ahead of ours before its trade is refused. */
const MAX_CLOCK_SKEW_MS = 60_000;

/** A trade as Binance's `<symbol>@trade` stream tells it; numbers are decimal strings there. */
const ExchangeTrade = Compile(
  Type.Object({
    e: Type.Literal('trade'),
    s: Type.Optional(Type.String({ maxLength: 32 })),
    p: Type.String({ maxLength: 32 }),
    q: Type.String({ maxLength: 32 }),
    T: Type.Integer({ minimum: 0 }),
  }),
);

/** Trades from a public exchange's WebSocket. While it is away there are none: nothing is made up. */
export class ExchangeFeed implements PriceFeed {
  readonly id: string;
  readonly source = 'exchange';
  symbol = 'unknown';
  problem: string | undefined = 'not connected yet';
  readonly #url: URL;
  readonly #log: Logger;
  readonly #silenceMs: number;
  /** The one that counts: that an abandoned one closes late starts no second retry. */
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(url: URL, log: Logger, silenceMs = SILENCE_MS) {
    this.#url = url;
    this.#log = log;
    this.#silenceMs = silenceMs;
    // Without the query: it may hold a key, and the id is stored and logged.
    this.id = `${url.host}${url.pathname}`;
  }

  history(): Trade[] {
    return [];
  }

  start(onTrade: (trade: Trade) => void): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    let cause = 'connection closed';
    const retry = (reason: string) => {
      if (this.#socket === socket) this.#retry(reason, onTrade);
    };
    // Not left to the close event: a peer that has vanished answers no close.
    const watchSilence = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => retry(`no trade for ${this.#silenceMs / 1000} s`), this.#silenceMs);
    };
    watchSilence();
    socket.addEventListener('message', ({ data }) => {
      const trade = this.#read(data);
      if (!trade) return;
      watchSilence();
      this.#onAlive();
      onTrade(trade);
    });
    socket.addEventListener('error', (event) => {
      cause = (event as ErrorEvent).message || cause;
    });
    socket.addEventListener('close', ({ code, reason }) =>
      retry(`${cause} (${code}${reason && ` ${reason}`})`),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abandonSocket();
  }

  #onAlive(): void {
    if (this.problem) this.#log.info(`Price feed ${this.id} delivers trades`);
    this.problem = undefined;
    this.#failures = 0;
  }

  #retry(reason: string, onTrade: (trade: Trade) => void): void {
    const delay = retryDelay(this.#failures++, Math.random());
    this.problem = reason;
    this.#log.warn(`Price feed ${this.id} is away: ${this.problem}; next try in ${Math.round(delay)} ms`);
    this.#abandonSocket();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(onTrade), delay);
  }

  #abandonSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #read(data: unknown): Trade | undefined {
    const message = parseTradeMessage(data);
    if (message?.symbol) this.symbol = message.symbol;
    return message?.trade;
  }
}

/**
 * Reads one message of a trade stream, plain or wrapped as `{"stream":…,"data":…}`.
 * @returns undefined for anything that is not a plausible trade
 */
export function parseTradeMessage(data: unknown): { trade: Trade; symbol: string | undefined } | undefined {
  const message = unwrap(data);
  if (!ExchangeTrade.Check(message)) return undefined;
  const trade = { price: Number(message.p), quantity: Number(message.q), time: message.T };
  const plausible =
    Number.isFinite(trade.price) &&
    trade.price > 0 &&
    Number.isFinite(trade.quantity) &&
    trade.quantity >= 0 &&
    trade.time <= Date.now() + MAX_CLOCK_SKEW_MS;
  return plausible ? { trade, symbol: message.s } : undefined;
}

function unwrap(data: unknown): unknown {
  try {
    const message = JSON.parse(String(data));
    return message?.data ?? message;
  } catch {
    return undefined;
  }
}

/**
 * Doubles from 1 s to 30 s, of which a random half is taken off, so that many instances do not return at once.
 * @param jitter from 0 to 1
 */
export function retryDelay(failures: number, jitter: number): number {
  return Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** failures) * (1 - jitter / 2);
}
