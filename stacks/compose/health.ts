/** Health checks. */
import { messages } from '../../messages/index.ts';
import type { Health, HealthTiming } from '../topology/health.ts';
import type { Draft, KeyReader } from './draft.ts';
import { handOver, hidingReader } from './hidden.ts';
import type { Node } from './node.ts';
import { type Reader, read } from './values.ts';

const said = messages.compose.health;

/** As for the package's own services, for what the file leaves out. */
const USUAL = { intervalSec: 10, timeoutSec: 5, startPeriodSec: 30, retries: 3 };
/** Seconds that a service has to become healthy, unless its check asks for more. */
const SHORTEST_START_SEC = 60;

/** @returns undefined for a check that is switched off */
function testOf(node: Node, reader: Reader): Health | undefined {
  if (node.kind === 'scalar') {
    const command = reader.text(node);
    return command ? ['CMD-SHELL', command] : undefined;
  }
  const [kind, ...words] = reader.texts(node);
  if (kind === 'NONE') return undefined;
  if ((kind === 'CMD' || kind === 'CMD-SHELL') && words.length > 0) return [kind, ...words];
  reader.report.problem(node, said.kind);
  return undefined;
}

function timingOf(fields: ReadonlyMap<string, Node>, reader: Reader): Partial<HealthTiming> {
  const seconds = (key: string) => read(fields, key, (node) => reader.seconds(node));
  const [intervalSec, timeoutSec, startPeriodSec] = ['interval', 'timeout', 'start_period'].map(seconds);
  const isCount = (value: number) => Number.isInteger(value) && value > 0;
  const retries = read(fields, 'retries', (node) =>
    reader.number(node, messages.compose.values.count, isCount),
  );
  return {
    // Docker takes 0 for "as usual".
    ...(intervalSec && { intervalSec }),
    ...(timeoutSec && { timeoutSec }),
    ...(startPeriodSec !== undefined && { startPeriodSec }),
    ...(retries && { retries }),
  };
}

/** How long after its start the check may still say "starting", and what deploy waits for therefore. */
function startTimeout(draft: Draft, timing: Partial<HealthTiming>): void {
  const { intervalSec, timeoutSec, startPeriodSec, retries } = { ...USUAL, ...timing };
  const longest = startPeriodSec + Math.min(retries, 10) * intervalSec + Math.min(timeoutSec, intervalSec);
  draft.definition.startTimeoutSec = Math.max(SHORTEST_START_SEC, longest);
}

export const healthcheck: KeyReader = (node, draft, context) => {
  const reader = hidingReader(context);
  const known = ['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval', 'disable'];
  const fields = reader.fields(node, known);
  draft.hasHealthcheck = true;
  if (read(fields, 'disable', (entry) => reader.boolean(entry))) return;
  if (fields.has('start_interval')) {
    reader.report.notice(said.startInterval, draft.name);
  }
  const timing = timingOf(fields, reader);
  if (Object.keys(timing).length > 0) draft.definition.healthTiming = timing;
  const test = fields.get('test');
  const health = test && testOf(test, reader);
  // Without a test, the image's own is meant, which nothing here can time anew.
  if (!test) reader.report.problem(node, said.noTest);
  if (!health) return;
  handOver(health, draft, context);
  draft.definition.health = health;
  startTimeout(draft, timing);
};
