/**
 * Reads Dockerfiles: which images they begin with, what they copy, and what they need of the builder. Pure.
 * https://docs.docker.com/reference/dockerfile/
 */
import { messages } from '../../messages/index.ts';
import { interpolate } from '../../stacks/settings/interpolate.ts';

const said = messages.images.dockerfile;

/** One instruction, its lines joined. */
export interface Instruction {
  /** In capitals. @example 'COPY' */
  readonly keyword: string;
  /** Flags at its beginning. @example ['--from=build'] */
  readonly flags: readonly string[];
  /** What follows. @example 'python:3.11-slim AS build' */
  readonly rest: string;
  /** Of its first line, counted from 1. */
  readonly line: number;
  /** Its last line, with those of its here-documents. */
  readonly lastLine: number;
}

/** A stage of the build. */
export interface Stage {
  /** As it is written, with variables replaced. */
  readonly from: string;
  /** Its name; undefined for one without. */
  readonly name: string | undefined;
  readonly line: number;
  readonly instructions: readonly Instruction[];
}

/** An image that is none of the file's own stages. */
export interface BaseImage {
  readonly reference: string;
  readonly line: number;
}

export interface Dockerfile {
  readonly instructions: readonly Instruction[];
  /** Up to the one that is built. */
  readonly stages: readonly Stage[];
  /** Each once, in the order of the lines that name them. */
  readonly bases: readonly BaseImage[];
  /** Paths of the context that COPY and ADD name. */
  readonly copied: readonly string[];
  /** What only BuildKit can do. */
  readonly buildKit: readonly { readonly line: number; readonly what: string }[];
  /** Whether it has what is faster with BuildKit, and the same without. */
  readonly isFasterWithBuildKit: boolean;
  /** What is wrong, each beginning with its line. @example 'line 1: the image has no name' */
  readonly problems: readonly string[];
}

const HEREDOC = /<<-?\s*(["']?)([A-Za-z_]\w*)\1/g;
const HAS_HEREDOC = new Set(['RUN', 'COPY', 'ADD']);

/** The instructions of a file, without comments. */
function instructionsOf(text: string): Instruction[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const mark = /^#\s*escape\s*=\s*`/im.test(lines.slice(0, 3).join('\n')) ? '`' : '\\';
  const continues = (line: string) => line.trimEnd().endsWith(mark);
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const first = at;
    let joined = (lines[at] ?? '').trim();
    if (joined === '' || joined.startsWith('#')) continue;
    while (continues(joined) && at + 1 < lines.length) {
      at += 1;
      const next = (lines[at] ?? '').trim();
      // Comments and blank lines may stand between the lines of an instruction.
      if (next === '' || next.startsWith('#')) continue;
      joined = `${joined.trimEnd().slice(0, -1)} ${next}`;
    }
    const [, keyword = '', flagText = '', rest = ''] = /^(\w+)\s*((?:--\S+\s+)*)(.*)$/s.exec(joined) ?? [];
    const name = keyword.toUpperCase();
    if (HAS_HEREDOC.has(name)) {
      for (const [, , end] of rest.matchAll(HEREDOC)) {
        do at += 1;
        while (at < lines.length && lines[at]?.trim() !== end);
      }
    }
    const flags = flagText.split(/\s+/).filter(Boolean);
    instructions.push({ keyword: name, flags, rest: rest.trim(), line: first + 1, lastLine: at + 1 });
  }
  return instructions;
}

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/s, '$2');

/** @example flag(['--from=build'], 'from') // 'build' */
const flag = (flags: readonly string[], name: string): string | undefined =>
  flags.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3);

/** The sources of a COPY or ADD: all but its last word. */
function sourcesOf({ rest }: Instruction): string[] {
  const words = rest.startsWith('[')
    ? [...rest.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => word)
    : rest.split(/\s+/);
  return words.slice(0, -1).filter((word) => !/^(https?|git):|^git@|^<</.test(word));
}

/** What only makes a build faster: a plain builder does without. */
const isShortcut = (text: string): boolean => /^--(mount=(.*,)?type=cache\b|link\b)/.test(text);

/** What of an instruction only BuildKit can do; undefined where any builder can. */
function buildKitOnly({ keyword, flags, rest }: Instruction): string | undefined {
  if (HAS_HEREDOC.has(keyword) && /<<-?\s*["']?[A-Za-z_]/.test(rest)) return said.hereDocument(keyword);
  const plain = keyword === 'FROM' ? /^--platform=/ : /^--(from|chown|platform)=/;
  const only = flags.find((text) => !plain.test(text) && !isShortcut(text));
  return only && ['RUN', 'COPY', 'ADD'].includes(keyword)
    ? `${keyword} ${only.replace(/=.*/s, '')}`
    : undefined;
}

/**
 * Reads a Dockerfile.
 * @param args build arguments, which win over the defaults of ARG
 * @param target the stage that is built @default - the last
 */
export function readDockerfile(
  text: string,
  args: Readonly<Record<string, string>> = {},
  target?: string,
): Dockerfile {
  const instructions = instructionsOf(text);
  const problems: string[] = [];
  const globals = new Map<string, string | undefined>();
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  const expand = (raw: string, line: number): string => {
    const result = interpolate(unquoted(raw), (name) => globals.get(name));
    if ('value' in result) return result.value;
    problems.push(said.variable(line, raw, result.problem));
    return '';
  };
  for (const instruction of instructions) {
    const { keyword, rest, line } = instruction;
    const stage = stages.at(-1);
    if (keyword === 'FROM') {
      const [image = '', as, name] = rest.split(/\s+/);
      const from = expand(image, line);
      if (from === '' && problems.length === 0) problems.push(said.noImage(line, image));
      stages.push({
        from,
        name: as?.toLowerCase() === 'as' ? name?.toLowerCase() : undefined,
        ...{ line, instructions: [] },
      });
    } else if (stage) stage.instructions.push(instruction);
    else if (keyword === 'ARG') {
      for (const word of rest.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []) {
        const [name = '', value] = word.split(/=(.*)/s, 2);
        globals.set(name, args[name] ?? (value === undefined ? undefined : expand(value, line)));
      }
    }
  }
  if (stages.length === 0) problems.push(said.noFrom);
  const wanted = target?.toLowerCase();
  const last = wanted === undefined ? stages.length - 1 : stages.findIndex(({ name }) => name === wanted);
  const isNumber = wanted !== undefined && /^\d+$/.test(wanted) && Number(wanted) < stages.length;
  if (last < 0 && stages.length > 0 && !isNumber) {
    const names = stages.flatMap(({ name }) => name ?? []).join(', ') || said.noNames;
    problems.push(said.noStage(stages[0]?.line ?? 1, target ?? '', names));
  }
  const built = stages.slice(0, (isNumber ? Number(wanted) : last) + 1);
  return { instructions, stages: built, problems, ...usesOf(built) };
}

/** What the stages take from elsewhere, and from whom. */
function usesOf(
  stages: readonly Stage[],
): Pick<Dockerfile, 'bases' | 'copied' | 'buildKit' | 'isFasterWithBuildKit'> {
  const bases = new Map<string, BaseImage>();
  const copied: string[] = [];
  const buildKit: { line: number; what: string }[] = [];
  const known = new Set<string>();
  const use = (reference: string | undefined, line: number) => {
    if (!reference || reference === 'scratch' || known.has(reference.toLowerCase())) return;
    if (/^\d+$/.test(reference) || bases.has(reference)) return;
    bases.set(reference, { reference, line });
  };
  for (const { from, name, line, instructions } of stages) {
    use(from, line);
    for (const instruction of instructions) {
      const { keyword, flags } = instruction;
      const source = flag(flags, 'from');
      if (keyword === 'COPY' || keyword === 'ADD') {
        if (source) use(source, instruction.line);
        else copied.push(...sourcesOf(instruction));
      }
      if (keyword === 'RUN')
        for (const text of flags) use(/^--mount=.*\bfrom=([^,]+)/.exec(text)?.[1], instruction.line);
      const what = buildKitOnly(instruction);
      if (what) buildKit.push({ line: instruction.line, what });
    }
    if (name) known.add(name);
  }
  const all = stages.flatMap(({ instructions }) => instructions);
  const isFasterWithBuildKit = all.some(({ flags }) => flags.some(isShortcut));
  return { bases: [...bases.values()], copied, buildKit, isFasterWithBuildKit };
}

/** What a build changes of a Dockerfile. */
export interface Rewrite {
  /** The image that is taken instead of one. @default - itself */
  readonly base?: (reference: string) => string | undefined;
  /** Lines after the FROM of a stage. @default - none */
  readonly afterFrom?: (stage: Stage) => readonly string[];
  /** Whether the builder is the one without BuildKit, which knows no platform arguments and no caches. @default false */
  readonly plainBuilder?: boolean;
}

/** The text of a Dockerfile with other images and further lines; every other line stays as it is. */
export function rewriteDockerfile(
  text: string,
  { instructions, stages }: Pick<Dockerfile, 'instructions' | 'stages'>,
  { base = () => undefined, afterFrom = () => [], plainBuilder = false }: Rewrite,
): string {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const replace = ({ line, lastLine }: Instruction, replacement: string) => {
    lines.fill('', line - 1, lastLine);
    lines[line - 1] = replacement;
  };
  for (const instruction of instructions) {
    const { keyword, flags, rest, line } = instruction;
    if (keyword !== 'FROM') {
      const kept = flags
        .filter((text) => !plainBuilder || !isShortcut(text))
        .map((text) =>
          text.startsWith('--from=') ? `--from=${base(text.slice(7)) ?? text.slice(7)}` : text,
        );
      // Here-documents are BuildKit's, and stay as they are.
      if (kept.join() !== flags.join()) replace(instruction, [keyword, ...kept, rest].join(' '));
      continue;
    }
    const stage = stages.find((candidate) => candidate.line === line);
    if (!stage) continue;
    const platform = flags.filter((text) => !plainBuilder || !/^--platform=\$/.test(text));
    const replacement = base(stage.from);
    const added = afterFrom(stage);
    if (!replacement && platform.length === flags.length && added.length === 0) continue;
    const [image = '', ...more] = rest.split(/\s+/);
    replace(
      instruction,
      [['FROM', ...platform, replacement ?? image, ...more].join(' '), ...added].join('\n'),
    );
  }
  // It would have an image of Docker Hub read the file.
  return lines.map((line, index) => (index < 3 && /^#\s*syntax\s*=/i.test(line) ? '#' : line)).join('\n');
}
