/** How a container is started, stopped and named. */
import { messages } from '../../messages/index.ts';
import { hidesVariable } from '../render/start-script.ts';
import { splitWords } from '../settings/words.ts';
import { USUAL_CAPABILITIES } from '../topology/capabilities.ts';
import type { RestartPolicy } from '../topology/service.ts';
import type { Context, Draft, KeyReader } from './draft.ts';
import { handOver, hidingReader } from './hidden.ts';
import { isNull, type Node } from './node.ts';

const said = messages.compose.process;

/** @returns undefined for what the file leaves to the image */
function words(node: Node, draft: Draft, context: Context): string[] | undefined {
  if (isNull(node)) return undefined;
  const reader = hidingReader(context);
  let list: string[] | undefined;
  if (node.kind === 'list') list = reader.texts(node);
  else {
    const text = reader.text(node, messages.compose.values.aCommand);
    if (text === undefined) return undefined;
    list = splitWords(text);
    if (!list) reader.report.problem(node, said.openQuote);
  }
  if (list?.length === 0) {
    reader.report.problem(node, said.empty);
    return undefined;
  }
  handOver(list ?? [], draft, context);
  return list;
}

const wordsOf =
  (key: 'command' | 'entrypoint'): KeyReader =>
  (node, draft, context) => {
    const list = words(node, draft, context);
    if (list) draft.definition[key] = list;
  };

export const command = wordsOf('command');
export const entrypoint = wordsOf('entrypoint');

export const restart: KeyReader = (node, draft, { reader }) => {
  const text = reader.text(node);
  if (text === undefined) return;
  if (/^(no|always|unless-stopped|on-failure(:\d+)?)$/.test(text))
    draft.definition.restart = text as RestartPolicy;
  else reader.report.problem(node, said.restart(text));
};

const textOf =
  (key: 'user' | 'workingDir' | 'stopSignal'): KeyReader =>
  (node, draft, { reader }) => {
    const text = reader.text(node);
    if (text) draft.definition[key] = text;
  };

export const user = textOf('user');
export const workingDir = textOf('workingDir');
export const stopSignal = textOf('stopSignal');

export const stopGracePeriod: KeyReader = (node, draft, { reader }) => {
  const seconds = reader.seconds(node);
  if (seconds !== undefined) draft.definition.stopGraceSec = seconds;
};

export const readOnly: KeyReader = (node, draft, { reader }) => {
  draft.definition.readOnlyRoot = reader.boolean(node) ?? false;
};

export const init: KeyReader = (node, draft, { reader }) => {
  draft.definition.init = reader.boolean(node) ?? false;
};

const RESERVED_LABEL = /^(btc-watcher|com\.docker\.compose)\./;

export const labels: KeyReader = (node, draft, context) => {
  const reader = hidingReader(context);
  const read: Record<string, string> = {};
  for (const [name, value, place] of reader.assignments(node)) {
    if (RESERVED_LABEL.test(name)) reader.report.problem(place, said.label(name));
    else if (hidesVariable(value?.text ?? '')) {
      reader.report.problem(place, said.secretLabel);
    } else read[name] = value?.text ?? '';
  }
  draft.definition.labels = read;
};

export const extraHosts: KeyReader = (node, draft, { reader }) => {
  const hosts: Record<string, string> = {};
  for (const [name, value, place] of reader.assignments(node, /[=:]/)) {
    if (value) hosts[name] = value.text.replace(/^\[|\]$/g, '');
    else reader.report.problem(place, said.host);
  }
  draft.definition.extraHosts = hosts;
};

/** Docker gives them, too, or they concern the container's own memory and processor time alone. */
const HARMLESS = new Set(
  ['AUDIT_WRITE', 'SETFCAP', 'SYS_CHROOT', 'IPC_LOCK', 'SYS_NICE'].map((name) => `CAP_${name}`),
);

const capability = (text: string): string => `CAP_${text.toUpperCase().replace(/^CAP_/, '')}`;

export const capAdd: KeyReader = (node, draft, { reader }) => {
  const names = new Set(draft.definition.capabilities ?? USUAL_CAPABILITIES);
  for (const item of reader.list(node)) {
    const name = capability(reader.text(item) ?? '');
    if (USUAL_CAPABILITIES.includes(name) || HARMLESS.has(name)) names.add(name);
    else reader.report.problem(item, said.capability(name));
  }
  draft.definition.capabilities = [...names];
};

/** Has to be read before `cap_add`, which gives back what "ALL" took. */
export const capDrop: KeyReader = (node, draft, { reader }) => {
  const dropped = reader.texts(node).map(capability);
  draft.definition.capabilities = USUAL_CAPABILITIES.filter(
    (name) => !dropped.includes('CAP_ALL') && !dropped.includes(name),
  );
};

/** Services here cannot gain privileges, whatever the file says. */
export const securityOpt: KeyReader = (node, _, { reader }) => {
  for (const item of reader.list(node)) {
    const text = reader.text(item);
    if (text !== undefined && !/^no-new-privileges([:=]true)?$/.test(text)) {
      reader.report.problem(item, said.securityOption(text));
    }
  }
};
