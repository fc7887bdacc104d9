/** Plain text lines on standard output, so that the seed's `grep -i websocket` finds them. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Logger = Readonly<Record<LogLevel, (text: string) => void>>;

// A peer's close reason or user name ends up in a line: it must not forge one, nor smuggle a token in.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being removed
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** Longer text, which only a peer's headers can cause, is cut. */
const MAX_TEXT = 4_000;
const JSON_WEB_TOKEN = /eyJ[\w-]+\.[\w-]*(\.[\w-]*)?/g;

/** @param write takes one finished line, without its line break */
export function createLogger(threshold: LogLevel, write: (line: string) => void = writeLine): Logger {
  const lowest = LOG_LEVELS.indexOf(threshold);
  const at = (level: LogLevel) => (text: string) => {
    if (LOG_LEVELS.indexOf(level) < lowest) return;
    const safe = text.replace(CONTROL_CHARACTERS, ' ').replace(JSON_WEB_TOKEN, '[token]').slice(0, MAX_TEXT);
    write(`${new Date().toISOString()} ${level.toUpperCase()} ${safe}`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
