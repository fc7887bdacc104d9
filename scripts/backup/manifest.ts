/** What an archive holds, as its first file says it. Pure. */
import { z } from 'zod';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';

const { archive, manifest: said } = messages.backup;

export const MANIFEST = 'manifest.json';
/** Counts up when an older version of this package could not read an archive any more. */
const SCHEMA_VERSION = 1;
const FORMAT = 'btc-watcher-backup';

/** A file of the archive: never above or beside the folder that it is unpacked to. */
const path = z.string().regex(/^(databases|volumes|secrets|files)\/\w[\w.-]*$/);
/** Beginning after the project's name. @example 'backend-data' */
const volume = z.string().regex(/^\w[\w.-]*$/);
/** What every member is checked by. */
const checked = { path, size: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) };

const member = z.discriminatedUnion('kind', [
  /** One database, as pg_dump writes it. */
  z.object({
    ...checked,
    kind: z.literal('postgres'),
    service: z.string(),
    database: z.string(),
    volume: volume.optional(),
    /** Of the server. @example 17 */
    version: z.number().int(),
  }),
  /** Roles of a PostgreSQL server. */
  z.object({ ...checked, kind: z.literal('postgres-roles'), service: z.string() }),
  /** All data of a Redis, as an RDB file. */
  z.object({
    ...checked,
    kind: z.literal('redis'),
    service: z.string(),
    volume,
    /** Where in the volume. @example '.' */
    folder: z.string().regex(/^(\.|\w[\w./-]*)$/),
    /** Numeric user and group of its data. */
    owner: z.string().regex(/^\d+:\d+$/),
  }),
  /** A volume's files. */
  z.object({ ...checked, kind: z.literal('volume'), volume }),
  z.object({ ...checked, kind: z.literal('secret'), name: z.string().regex(/^\w[\w.-]*$/) }),
  /** A file that settings are made of. Its path begins at the package's folder where it is in it. */
  z.object({ ...checked, kind: z.literal('file'), target: z.string().min(1), mode: z.number().int() }),
]);

const manifest = z.object({
  format: z.literal(FORMAT),
  schemaVersion: z.literal(SCHEMA_VERSION),
  project: z.string(),
  /** ISO 8601. */
  time: z.iso.datetime(),
  /** Of this package and of the Docker engine. */
  versions: z.object({ package: z.string(), docker: z.string() }),
  /** As they were, no secrets among them. */
  settings: z.record(z.string(), z.string()),
  members: z.array(member),
});

export type Member = z.output<typeof member>;
export type Manifest = z.output<typeof manifest>;
export type MemberOf<Kind extends Member['kind']> = Extract<Member, { kind: Kind }>;

/** A member before it is written. */
type Unchecked<T> = T extends Member ? Omit<T, 'size' | 'sha256'> : never;
export type PlannedMember = Unchecked<Member>;

export const membersOf = <Kind extends Member['kind']>(
  { members }: Pick<Manifest, 'members'>,
  kind: Kind,
): MemberOf<Kind>[] => members.filter((candidate): candidate is MemberOf<Kind> => candidate.kind === kind);

export const writeManifest = (content: Omit<Manifest, 'format' | 'schemaVersion'>): string =>
  `${JSON.stringify({ format: FORMAT, schemaVersion: SCHEMA_VERSION, ...content }, null, 2)}\n`;

/** @throws {UserError} for what this package has not written, or a later version of it has */
export function readManifest(text: string, file: string): Manifest {
  const foreign = () => new UserError(archive.noBackup(file));
  let content: { format?: unknown; schemaVersion?: unknown } | null;
  try {
    content = JSON.parse(text);
  } catch {
    throw foreign();
  }
  if (content?.format !== FORMAT) throw foreign();
  if (typeof content.schemaVersion === 'number' && content.schemaVersion > SCHEMA_VERSION) {
    throw new UserError(said.later(file), said.laterFix);
  }
  const parsed = manifest.safeParse(content);
  if (!parsed.success) throw new UserError(said.damaged(file, MANIFEST));
  return parsed.data;
}

/** What a member is, for people. @example 'database app of postgres' */
export function describeMember(one: Member): string {
  const { members } = said;
  switch (one.kind) {
    case 'postgres':
      return members.postgres(one.database, one.service);
    case 'postgres-roles':
      return members['postgres-roles'](one.service);
    case 'redis':
      return members.redis(one.service);
    case 'volume':
      return members.volume(one.volume);
    case 'secret':
      return members.secret(one.name);
    case 'file':
      return members.file(one.target);
  }
}

/** The volumes that the members are the data of, each once: they are empty before these are put in. */
export const volumesOf = ({ members }: Pick<Manifest, 'members'>): string[] => [
  ...new Set(members.flatMap((one) => ('volume' in one && one.volume ? [one.volume] : []))),
];
