/** Reads an application's profile from YAML. Pure: what it says of a mistake names file, line and key. */
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { messages } from '../../messages/index.ts';
import { language } from '../../messages/language.mjs';
import { UserError } from '../../stacks/errors.mjs';
import { type AppProfile, DEFAULTS, type Heartbeat, type Message } from './app-profile.ts';

// Its own words are said where a rule has none of ours: a number for a text.
z.config({ en: z.locales.en, zh: z.locales.zhCN }[language]());

const path = z.string().regex(/^\/\S*$/, 'should be a path that begins with "/"');
const name = z.string().regex(/^\S+$/, 'should be a name');
const seconds = z
  .string('should be a time such as "5s" or "2m"')
  .regex(/^[1-9]\d{0,3}(s|m)$/, 'should be a time such as "5s" or "2m"')
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('m') ? 60 : 1));
const message: z.ZodType<Message> = z.json() as z.ZodType<Message>;

const oneOf = (...keys: string[]) => `should have one of ${keys.join(', ')}`;
const transport = z.union(
  [
    z.strictObject({ query: name }),
    z.strictObject({ header: name }),
    z.strictObject({ subprotocol: z.array(name).min(1) }),
    z.strictObject({ message }),
  ],
  oneOf('query: NAME', 'header: NAME', 'subprotocol: [NAME, $token]', 'message: {…}'),
);

const ping = z.strictObject({
  from: z.enum(['client', 'server', 'none'], 'should be client, server or none'),
  message: message.default(DEFAULTS.ping),
  answer: message.default(DEFAULTS.pong),
  every: seconds.optional(),
});

const schema = z.strictObject({
  login: z
    .strictObject({
      path,
      form: z.enum(['oauth2', 'json'], 'should be oauth2 or json').default(DEFAULTS.login.form),
      user: name.default(DEFAULTS.login.user),
      password: name.default(DEFAULTS.login.password),
      token: name.default(DEFAULTS.login.token),
    })
    .optional(),
  who: path.optional(),
  websocket: z
    .strictObject({
      path,
      token: transport.optional(),
      subscribe: message.optional(),
      data: message.default(DEFAULTS.data),
      topics: z.record(z.string(), z.literal('any time').or(seconds)).default({}),
      ping: ping.default({ from: 'none', message: DEFAULTS.ping, answer: DEFAULTS.pong }),
    })
    .optional(),
  statistics: path.optional(),
  log: z.string().min(1).optional(),
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
  const needsLogin = (key: string[]) => ({ key, rule: 'should stand beside login, which gives the token' });
  return [
    ...(who && !login ? [needsLogin(['who'])] : []),
    ...(websocket?.token && !login ? [needsLogin(['websocket', 'token'])] : []),
  ];
}

/** An issue of zod's, with the key that it is about. */
function told({ path, message: rule, ...issue }: z.core.$ZodIssue): { key: string[]; rule: string }[] {
  const key = path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((unknown) => ({ key: [...key, unknown], rule: 'is no key of a profile' }));
  }
  const isMissing = issue.input === undefined && issue.code === 'invalid_type';
  return [{ key, rule: isMissing ? 'is missing' : rule }];
}

/**
 * @param file its path, for people
 * @throws {UserError} with a line for each mistake
 */
export function parseProfile(text: string, file: string): AppProfile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fail = (problems: string[]): never => {
    throw new UserError(problems.join('\n'), 'docs/app-profile.md describes the keys.');
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
    `${lineOf(key)}: ${key.join('.') || 'the file'}: ${rule}`;
  const result = schema.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (!result.success) return fail(result.error.issues.flatMap(told).map(line));
  const wrong = contradictions(result.data);
  return wrong.length > 0 ? fail(wrong.map(line)) : asProfile(file, result.data);
}
