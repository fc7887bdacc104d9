/** Reads an application's profile from YAML. Pure: what it says of a mistake names file, line and key. */
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { type AppProfile, DEFAULTS, type Heartbeat, type Message } from './app-profile.ts';

const said = messages.lib.profile;

const object = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape, said.keys);
const path = z.string(said.path).regex(/^\/\S*$/, said.path);
const name = z.string(said.name).regex(/^\S+$/, said.name);
const seconds = z
  .string(said.time)
  .regex(/^[1-9]\d{0,3}(s|m)$/, said.time)
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('m') ? 60 : 1));
const message: z.ZodType<Message> = z.json() as z.ZodType<Message>;

const transport = z.union(
  [
    z.strictObject({ query: name }),
    z.strictObject({ header: name }),
    z.strictObject({ subprotocol: z.array(name).min(1) }),
    z.strictObject({ message }),
  ],
  said.oneOfKeys(['query: NAME', 'header: NAME', 'subprotocol: [NAME, $token]', 'message: {…}'].join(', ')),
);

const ping = object({
  from: z.enum(['client', 'server', 'none'], said.from),
  message: message.default(DEFAULTS.ping),
  answer: message.default(DEFAULTS.pong),
  every: seconds.optional(),
});

const schema = object({
  login: object({
    path,
    form: z.enum(['oauth2', 'json'], said.form).default(DEFAULTS.login.form),
    user: name.default(DEFAULTS.login.user),
    password: name.default(DEFAULTS.login.password),
    token: name.default(DEFAULTS.login.token),
  }).optional(),
  who: path.optional(),
  websocket: object({
    path,
    token: transport.optional(),
    subscribe: message.optional(),
    data: message.default(DEFAULTS.data),
    topics: z
      .record(z.string(), z.union([z.literal('any time'), seconds], said.deadline), said.keys)
      .default({}),
    ping: ping.default({ from: 'none', message: DEFAULTS.ping, answer: DEFAULTS.pong }),
  }).optional(),
  statistics: path.optional(),
  log: z.string(said.text).min(1, said.text).optional(),
});

type File = z.output<typeof schema>;

function heartbeatOf({ from, every, ...messages }: z.output<typeof ping>): Heartbeat {
  if (from === 'none') return { from };
  return from === 'client' ? { from, ...messages } : { from, ...messages, everySec: every };
}

function asProfile(file: string, { login, who, websocket, statistics, log }: File): AppProfile {
  return {
    name: file,
    login: login && {
      path: login.path,
      form: login.form,
      userField: login.user,
      passwordField: login.password,
      tokenKeys: login.token.split('.'),
    },
    whoPath: who,
    webSocket: websocket && {
      path: websocket.path,
      token: websocket.token,
      refusals: DEFAULTS.refusals,
      subscribe: websocket.subscribe,
      data: websocket.data,
      topics: Object.entries(websocket.topics).map(([topic, deadline]) => ({
        name: topic,
        deadlineSec: deadline === 'any time' ? undefined : deadline,
      })),
      heartbeat: heartbeatOf(websocket.ping),
    },
    statsPath: statistics,
    logText: log,
  };
}

/** What is not said together. */
function contradictions({ login, who, websocket }: File): { key: string[]; rule: string }[] {
  const needsLogin = (key: string[]) => ({ key, rule: said.besideLogin });
  return [
    ...(who && !login ? [needsLogin(['who'])] : []),
    ...(websocket?.token && !login ? [needsLogin(['websocket', 'token'])] : []),
  ];
}

/** An issue of zod's, with the key that it is about. */
function told({ path, message: rule, ...issue }: z.core.$ZodIssue): { key: string[]; rule: string }[] {
  const key = path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((unknown) => ({ key: [...key, unknown], rule: said.noKey }));
  }
  const isMissing = issue.input === undefined && issue.code === 'invalid_type';
  return [{ key, rule: isMissing ? said.missing : rule }];
}

/** As in stacks/compose/yaml.ts. */
const TOO_DEEP = /^[ \t?:-]{500}/m;

/**
 * @param file its path, for people
 * @throws {UserError} with a line for each mistake
 */
export function parseProfile(text: string, file: string): AppProfile {
  if (TOO_DEEP.test(text)) throw new UserError(`${file}: ${said.aliases}`, said.docs);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const fail = (problems: string[]): never => {
    throw new UserError(problems.join('\n'), said.docs);
  };
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    const { syntax } = messages.compose.yaml;
    fail(document.errors.map(({ code, pos }) => `${at(pos[0])}: ${syntax[code]}`));
  }
  /** Where a key is, or, where it is missing, what it should be in. */
  const lineOf = (key: readonly string[]): string => {
    for (let depth = key.length; depth > 0; depth -= 1) {
      const node = document.getIn(key.slice(0, depth), true) as
        | { range?: [number, number, number] }
        | undefined;
      if (node?.range) return at(node.range[0]);
    }
    return at(0);
  };
  const line = ({ key, rule }: { key: string[]; rule: string }) =>
    `${lineOf(key)}: ${key.join('.') || said.theFile}: ${rule}`;
  let content: unknown;
  try {
    content = document.toJS() ?? {};
  } catch {
    return fail([`${file}: ${said.aliases}`]);
  }
  const result = schema.safeParse(content, { reportInput: true });
  if (!result.success) return fail(result.error.issues.flatMap(told).map(line));
  const wrong = contradictions(result.data);
  return wrong.length > 0 ? fail(wrong.map(line)) : asProfile(file, result.data);
}
