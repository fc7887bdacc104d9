/** Environment: what may be seen in `docker inspect`, and what may not. */
import { messages } from '../../messages/index.ts';
import { isVariableName } from '../settings/env-file.ts';
import { addSecrets, type KeyReader } from './draft.ts';
import { hostPath } from './paths.ts';
import { read } from './values.ts';

const said = messages.compose.environment;

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const SECRET_NAME =
  /PASS(WORDS?|WD|PHRASE)?(_|$)|PWD$|SECRET|TOKEN|CREDENTIAL|PRIVATE|SALT|WEBHOOK|(^|_)JWT(_|$)|(^|_)(API|ACCESS|AUTH|ENCRYPTION|SIGNING)?_?KEYS?(_|$)|_DSN$/i;
/** Of names that look secret: they hold a path, a number of seconds, a switch. */
const NO_SECRET = /_(FILE|PATH|DIR|TTL|EXPIRE\w*|MINUTES|SECONDS|DAYS|ALGORITHM|ENABLED|URL_NAME)$/i;
const USERINFO = /^[\w+.-]+:\/\/[^/\s:@]*:\S+@/;

/** Whether a value should be in neither plan nor state nor `docker inspect`. */
export const looksSecret = (name: string, value: string): boolean =>
  USERINFO.test(value) || (value !== '' && SECRET_NAME.test(name) && !NO_SECRET.test(name));

/**
 * Has to be read after `env_file`: that one has the lower rank, so that with one of them all values go the same way.
 */
export const environment: KeyReader = (node, draft, { reader }) => {
  const hasFile = Boolean(draft.definition.secretEnvironment?.length);
  for (const [name, given, place] of reader.assignments(node)) {
    if (!NAME.test(name)) {
      reader.report.problem(place, said.name(name));
      continue;
    }
    // Named only: the value that .env or the environment has; none where they have none.
    const value = given?.text ?? reader.variable(name);
    if (value === undefined) continue;
    if (hasFile || given === undefined || given.fromOutside || looksSecret(name, value)) {
      if (!isVariableName(name)) {
        reader.report.problem(place, said.notExported(name));
      }
      addSecrets(draft, { name, value });
    } else draft.environment[name] = value;
  }
};

export const envFile: KeyReader = (node, draft, context) => {
  const { reader, files } = context;
  const items = node.kind === 'map' ? [node] : reader.list(node, true);
  for (const item of items) {
    const fields = reader.fieldsOr(item, 'path', ['path', 'required'], {
      format: said.format,
    });
    const path = read(fields, 'path', (entry) => reader.text(entry));
    if (path === undefined) continue;
    const file = hostPath(item, path, context);
    const required = read(fields, 'required', (entry) => reader.boolean(entry)) ?? true;
    if (files.stat(file)?.kind === 'file') {
      addSecrets(draft, { file });
    } else if (required) reader.report.problem(item, messages.compose.paths.noFile(file));
  }
};
