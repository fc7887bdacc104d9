/** `x-btcw`: what the Compose Specification has no word for. */
import { messages } from '../../messages/index.ts';
import type { KeyReader } from './draft.ts';
import type { Node } from './node.ts';
import { read } from './values.ts';

export const EXTENSION = 'x-btcw';
const PATH = /^\/[\w./~%-]*$/;

export const extension: KeyReader = (node, draft, { reader }) => {
  const fields = reader.fields(node, ['routes', 'port', 'health', 'one_off', 'keep']);
  const path = (entry: Node): string | undefined => {
    const text = reader.text(entry);
    if (text === undefined || PATH.test(text)) return text;
    reader.report.problem(entry, messages.compose.extension.path(text));
    return undefined;
  };
  const routes = read(fields, 'routes', (entry) =>
    reader.list(entry, true).flatMap((item) => path(item) ?? []),
  );
  const port = read(fields, 'port', (entry) => reader.port(entry));
  const [oneOff, keep] = ['one_off', 'keep'].map((key) =>
    read(fields, key, (entry) => reader.boolean(entry)),
  );
  const health = read(fields, 'health', path);
  draft.extension = {
    node,
    ...(routes && { routes }),
    ...(port && { port }),
    ...(health && { health }),
    ...(oneOff !== undefined && { oneOff }),
    ...(keep !== undefined && { keep }),
  };
};
