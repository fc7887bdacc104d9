/** What of a failed build's output tells why it failed. Pure. */
import { stripVTControlCharacters } from 'node:util';

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
    return 'have the build trust what this host trusts: BTCW_BUILD_CA=/etc/ssl/certs/ca-certificates.crt';
  if (/pull access denied|manifest unknown|registry-1\.docker\.io|auth\.docker\.io/.test(output))
    return 'BTCW_REGISTRY_MIRROR names registries to ask instead; BTCW_STAND_INS=on makes python, node and nginx here.';
  if (/no space left on device/i.test(output)) return 'make room: docker system df shows what takes it.';
  if (
    /ETIMEDOUT|ECONNRESET|ECONNREFUSED|EAI_AGAIN|ENOTFOUND|Temporary failure|Connection (timed out|broken|refused)|Read timed out|NewConnectionError|Could not (connect|resolve)|Failed to fetch|network is unreachable|i\/o timeout/i.test(
      output,
    )
  )
    return 'name nearer sources in a file of build arguments (PIP_INDEX_URL, NPM_CONFIG_REGISTRY, APT_MIRROR, HTTPS_PROXY): BTCW_BUILD_ARGS_FILE';
  return undefined;
}
