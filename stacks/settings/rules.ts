/** The rules that settings obey. A rule's text is what the user reads: it says what the value should be. */
import { z } from 'zod';
import { messages } from '../../messages/index.ts';

const said = messages.settings.rules;

/** What settings that name a file or a folder are checked against: the disk, or a test's own. */
export interface FileSystem {
  /** The absolute path, as seen from the folder the command runs in. */
  resolve(path: string): string;
  /** Kind and permission bits; undefined where there is nothing. */
  stat(path: string): { readonly kind: 'file' | 'folder' | 'other'; readonly mode: number } | undefined;
  /** The text of a regular file; undefined where it cannot be read. */
  read(path: string): string | undefined;
}

/** @returns the rule that the path breaks; undefined where it is as it should be */
export type PathRule = (path: string, files: FileSystem) => string | undefined;

/** An empty value is what .env.example shows for "not set". */
export const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

export const port = z
  .string()
  .regex(/^\d{1,5}$/, said.port)
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65535, said.port);

export const ipv4 = (rule: string) => z.ipv4(rule);

export const wholeNumber = (lowest: number, highest: number, rule: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/, rule)
    .transform(Number)
    .refine((value) => value >= lowest && value <= highest, rule);

export const size = z.string().regex(/^[1-9]\d{0,3}[kmg]$/, said.size);

/** An amount of memory, as a number of MiB. @param lowest MiB */
export function memory(lowest: number) {
  const rule = said.memory(`${lowest}m`);
  return z
    .string()
    .regex(/^[1-9]\d{0,5}[mg]$/, rule)
    .transform((value) => Number.parseInt(value, 10) * (value.endsWith('g') ? 1024 : 1))
    .refine((value) => value >= lowest, rule);
}

/** Name of an environment variable. */
export const variable = z.string().regex(/^[A-Za-z_]\w*$/, said.variable);

export const onOff = z.enum(['on', 'off'], said.onOff);

/** Parts with commas between them. @param part what each of them is like */
export const list = (part: RegExp, rule: string) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    )
    .refine((items) => items.every((item) => part.test(item)), rule);

const TAG = ':[A-Za-z0-9_][\\w.-]{0,127}';
const DIGEST = '@sha256:[0-9a-f]{64}';
const REFERENCE = new RegExp(
  `^[a-z0-9][a-z0-9._/-]*(:\\d+/[a-z0-9._/-]+)?(${TAG}|${DIGEST}|${TAG}${DIGEST})$`,
);

/**
 * A reference by its digest alone where it has one, as the engine lists it: a tag beside it says nothing more.
 * @example withoutTag('app:1.2@sha256:abc') // 'app@sha256:abc'
 */
export const withoutTag = (reference: string): string => reference.replace(/:[\w.-]+(?=@)/, '');

/** IPv4 and IPv6 addresses, and networks as `10.0.0.0/8`. */
export const addresses = (rule: string) =>
  list(/./, rule).refine(
    (items) => items.every((item) => ADDRESS.some((schema) => schema.safeParse(item).success)),
    rule,
  );
const ADDRESS = [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()];

/** An image that says which one it is. */
export const image = optional(
  z
    .string()
    .regex(REFERENCE, said.image)
    .refine((value) => !value.endsWith(':latest'), said.image)
    .transform(withoutTag),
);

/** An image of the user's own, which may be "latest": whichever the engine has. */
export const ownImage = optional(z.string().regex(REFERENCE, said.ownImage).transform(withoutTag));

/** A path; what is there is for a {@link PathRule}. */
export const path = optional(z.string());

export const file =
  (rule: string, accept: (content: string) => boolean = () => true): PathRule =>
  (path, files) => {
    const content = files.read(path);
    return content !== undefined && accept(content) ? undefined : rule;
  };

export const existingFile = file(said.existing);

/** A file with variables, some of which are secrets. */
export const privateFile: PathRule = (path, files) =>
  existingFile(path, files) ?? (isOpenToOthers(path, files) ? said.private : undefined);

/** A PEM file with certificates. */
export const certificate = file(said.certificate, (text) => text.includes('-----BEGIN CERTIFICATE-----'));

/** The first of some files that is in the folder the command runs in. */
export const findFile =
  (names: readonly string[]) =>
  (files: FileSystem): string | undefined =>
    names.find((name) => files.stat(files.resolve(name))?.kind === 'file');

const isOpenToOthers = (path: string, files: FileSystem): boolean =>
  ((files.stat(path)?.mode ?? 0) & 0o077) !== 0;

/** A file that only its owner may read. @param rule what its content should be */
export const secretFile =
  (rule: string, accept: (content: string) => boolean): PathRule =>
  (path, files) => {
    const content = files.read(path);
    if (content === undefined) return said.missing(rule);
    if (!accept(content.trim())) return rule;
    return isOpenToOthers(path, files) ? said.private : undefined;
  };

const PASSWORD_LENGTH = 12;
const PASSPHRASE_WORDS = 4;

export const passwordRule = said.password(PASSWORD_LENGTH, PASSPHRASE_WORDS);

/** Whether a text may be the login password, which is the only lock on a page that is on the internet. */
export function isPassword(text: string): boolean {
  const line = text.trim();
  if (/[\r\n]/.test(line)) return false;
  return line.length >= PASSWORD_LENGTH || line.split(/\s+/).length >= PASSPHRASE_WORDS;
}

/** The folder of a Docker build. */
export const buildContext: PathRule = (path, files) =>
  files.stat(`${path}/Dockerfile`)?.kind === 'file' ? undefined : said.dockerfile;
