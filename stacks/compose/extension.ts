/** `x-btcw`: what the Compose Specification has no word for. */
import type { KeyReader } from './draft.ts';
import { read } from './values.ts';

export const EXTENSION = 'x-btcw';
const PATH = /^\/[\w./~%-]*$/;

export const extension: KeyReader = (node, draft, { reader }) => {
  const fields = reader.fields(node, ['routes', 'port', 'health', 'one_off', 'keep']);
  const path = (key: string) => {
    const entry = fields.get(key);
    const text = entry && reader.text(entry);
    if (entry && text !== undefined && !PATH.test(text))
      reader.report.problem(entry, `should be a path that begins with "/", got "${text}".`);
    return text;
  };
  const routes = fields.get('routes');
  const paths =
    routes &&
    reader.list(routes, true).flatMap((item) => {
      const text = reader.text(item);
      if (text !== undefined && PATH.test(text)) return [text];
      if (text !== undefined)
        reader.report.problem(item, `should be a path that begins with "/", got "${text}".`);
      return [];
    });
  const port = read(fields, 'port', (entry) => reader.port(entry));
  const [oneOff, keep] = ['one_off', 'keep'].map((key) =>
    read(fields, key, (entry) => reader.boolean(entry)),
  );
  const health = path('health');
  draft.extension = {
    node,
    ...(paths && { routes: paths }),
    ...(port && { port }),
    ...(health && { health }),
    ...(oneOff !== undefined && { oneOff }),
    ...(keep !== undefined && { keep }),
  };
};
