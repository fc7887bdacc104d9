/** What of a failed build's output tells why it failed. Pure. */
import { stripVTControlCharacters } from 'node:util';
import { messages } from '../../messages/index.ts';

const said = messages.images.buildOutput;

const LONGEST = 24;
/** Lines around it that say nothing. */
const NOISE =
  /^(DEPRECATED: The legacy builder|\s+Install the buildx|\s+https:\/\/docs\.docker\.com\/go\/buildx| ---> |Removing intermediate container|The command '.*' returned a non-zero code|npm (error|ERR!) (A complete log|\s*$|\s+\/)|npm (notice|warn)|\[notice\]|WARNING: Running pip as|debconf: )/;
const CAUSE =
  /\berror\b|ERR!|\bE: |\bfatal\b|failed|not found|no such file|no matching|could not|cannot |unable to|refused|denied|timed? ?out|Traceback|exception|unknown instruction|killed|no space left/i;
const STEP = /^(Step \d+\/\d+ : |#\d+ \[)/;

/** The instruction that failed, and of its output the lines that tell a cause, else the last ones. */
export function usefulLines(output: string): string[] {
  const lines = stripVTControlCharacters(output)
    .split(/\r?\n|\r/)
    .filter((line) => line.trim() !== '' && !NOISE.test(line));
  const start = Math.max(
    0,
    lines.findLastIndex((line) => STEP.test(line)),
  );
  const step = lines.slice(start);
  if (step.length <= LONGEST) return step;
  const [title = '', ...rest] = step;
  const causes = rest.filter((line) => CAUSE.test(line));
  // A compiler's message has the place below it: what follows the first cause counts, too.
  const first = rest.findIndex((line) => CAUSE.test(line));
  const chosen = causes.length > 0 && causes.length <= LONGEST ? causes : rest.slice(Math.max(first, 0));
  const last = rest.at(-1) ?? '';
  const shown = chosen.slice(0, LONGEST - 1);
  return [title, ...shown, ...(shown.includes(last) ? [] : [last])];
}

/** What helps against the causes that settings can do something about; undefined for any other. */
export function fixFor(output: string): string | undefined {
  if (
    /CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|self[- ]signed certificate|unable to get local issuer/i.test(
      output,
    )
  )
    return said.notTrusted;
  if (/pull access denied|manifest unknown|registry-1\.docker\.io|auth\.docker\.io/.test(output))
    return said.noImage;
  if (/no space left on device/i.test(output)) return said.diskFull;
  if (
    /ETIMEDOUT|ECONNRESET|ECONNREFUSED|EAI_AGAIN|ENOTFOUND|Temporary failure|Connection (timed out|broken|refused)|Read timed out|NewConnectionError|Could not (connect|resolve)|Failed to fetch|network is unreachable|i\/o timeout/i.test(
      output,
    )
  )
    return said.unreachable;
  return undefined;
}
