/** How the sources hang together. They are read, not run: each problem is a file, a line and what stands there. */
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

interface Source {
  /** @example 'stacks/topology/nginx.ts' */
  readonly path: string;
  readonly text: string;
}

const readSource = (path: string): Source => ({ path, text: readFileSync(path, 'utf8') });

const sourcesIn = (folder: string): Source[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs)$/.test(name))
    .sort()
    .map((name) => readSource(join(folder, name)));

const STACKS = sourcesIn('stacks');
const SCRIPTS = sourcesIn('scripts');
const MESSAGES = sourcesIn('messages');
const ALL = [readSource('main.ts'), ...MESSAGES, ...STACKS, ...SCRIPTS];
/** Without this file, which has to write down what no file should have. */
const TESTS = sourcesIn('test').filter(({ path }) => path !== 'test/unit/structure.test.ts');

const lineAt = ({ text }: Source, position: number): number => text.slice(0, position).split('\n').length;

/** Where a pattern is found. @example 'stacks/app.ts:3: new Date()' */
const findAll = (sources: readonly Source[], pattern: RegExp): string[] =>
  sources.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );

interface Import {
  /** @example 'stacks/app.ts:1' */
  readonly where: string;
  readonly from: string;
  /** Path of a file here, or name of a module. @example 'stacks/provider.ts', 'node:fs' */
  readonly to: string;
}

const importsOf = (sources: readonly Source[]): Import[] =>
  sources.flatMap((source) =>
    ts.preProcessFile(source.text, true, true).importedFiles.map(({ fileName, pos }) => ({
      where: `${source.path}:${lineAt(source, pos)}`,
      from: source.path,
      to: fileName.startsWith('.') ? join(dirname(source.path), fileName) : fileName,
    })),
  );

const IMPORTS = importsOf(ALL);

const showImport = ({ where, to }: Import): string => `${where} imports ${to}`;

const matches = (path: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => (prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix));

const isHere = ({ to }: Import): boolean => matches(to, ['messages/', 'stacks/', 'scripts/', 'main.ts']);

/** From the ground up: a file may import from its own floor and from those below it. */
const FLOORS: readonly (readonly string[])[] = [
  ['messages/'],
  ['stacks/errors.mjs'],
  ['stacks/settings/'],
  ['stacks/topology/', 'stacks/render/'],
  ['stacks/compose/'],
  [
    'stacks/constructs/',
    'stacks/create-volume.ts',
    'stacks/provider.ts',
    'stacks/earlier-addresses.ts',
    'stacks/literal.ts',
  ],
  ['stacks/stack.ts', 'stacks/app.ts'],
  ['scripts/bootstrap/'],
  ['scripts/lib/'],
  ['scripts/docker/'],
  ['scripts/images/'],
  ['scripts/engine-host/'],
  ['scripts/deployment/'],
  ['scripts/backup/', 'scripts/bundle/', 'scripts/diff/', 'scripts/doctor/', 'scripts/verify/'],
  ['scripts/status/'],
  ['scripts/commands/'],
  // What is started, by npm or by cdktf.
  [
    'scripts/cli.ts',
    'scripts/docs/',
    'scripts/docs.ts',
    'scripts/bootstrap.mjs',
    'scripts/cdktf.mjs',
    'scripts/run.mjs',
    'scripts/start.ts',
    'scripts/test.mjs',
    'main.ts',
  ],
];
const floorOf = (path: string): number => FLOORS.findIndex((floor) => matches(path, floor));

describe('an import', () => {
  it('begins and ends in a file that has a floor', () => {
    const paths = new Set([...ALL.map(({ path }) => path), ...IMPORTS.filter(isHere).map(({ to }) => to)]);
    expect([...paths].filter((path) => floorOf(path) < 0)).toEqual([]);
  });

  it('finds what it names', () => {
    const known = new Set(ALL.map(({ path }) => path));
    expect(IMPORTS.filter((found) => isHere(found) && !known.has(found.to)).map(showImport)).toEqual([]);
  });

  it('never climbs', () => {
    const climbs = ({ from, to }: Import) => floorOf(to) > floorOf(from);
    expect(IMPORTS.filter((found) => isHere(found) && climbs(found)).map(showImport)).toEqual([]);
  });

  it('leads from scripts/lib to messages, the error type and bootstrap only', () => {
    const allowed = ['scripts/lib/', 'scripts/bootstrap/', 'stacks/errors.mjs', 'messages/'];
    const wrong = IMPORTS.filter(
      (found) => found.from.startsWith('scripts/lib/') && isHere(found) && !matches(found.to, allowed),
    );
    expect(wrong.map(showImport)).toEqual([]);
  });

  it('leads from no command to another, except where one is made of others', () => {
    const isCommand = (path: string) => path.startsWith('scripts/commands/');
    const madeOf: Readonly<Record<string, readonly string[]>> = {
      'scripts/commands/up.ts': ['scripts/commands/deploy.ts', 'scripts/commands/verify.ts'],
      'scripts/commands/restore.ts': ['scripts/commands/deploy.ts'],
      'scripts/commands/logout-all.ts': ['scripts/commands/deploy.ts'],
    };
    const wrong = IMPORTS.filter(
      ({ from, to }) => isCommand(from) && isCommand(to) && !madeOf[from]?.includes(to),
    );
    expect(wrong.map(showImport)).toEqual([]);
  });

  it('starts programs only where they get the environment that is made for them', () => {
    const starters = IMPORTS.filter(({ to }) => to === 'node:child_process').map(({ from }) => from);
    const prepared = IMPORTS.filter(({ to }) => to === 'scripts/bootstrap/environment.mjs').map(
      ({ from }) => from,
    );
    // The tests' own programs are as their caller has them.
    expect(starters.filter((path) => !prepared.includes(path))).toEqual(['scripts/test.mjs']);
    const wrong = IMPORTS.filter(({ from, to }) => to === 'execa' && from !== 'scripts/lib/execa.ts');
    expect(wrong.map(showImport)).toEqual([]);
  });

  it('of cdktf or its bindings is in stacks/provider.ts alone', () => {
    const wrong = IMPORTS.filter(
      ({ from, to }) => /^(cdktf|@cdktf)(\/|$)/.test(to) && from !== 'stacks/provider.ts',
    );
    expect(wrong.map(showImport)).toEqual([]);
  });

  it('of a package is in nothing that runs before packages are installed', () => {
    const early = (path: string) =>
      matches(path, [
        'scripts/bootstrap/',
        'scripts/bootstrap.mjs',
        'scripts/cdktf.mjs',
        'stacks/errors.mjs',
        'messages/language.mjs',
        'messages/bootstrap.mjs',
        'messages/en/bootstrap.mjs',
        'messages/zh/bootstrap.mjs',
      ]);
    const wrong = IMPORTS.filter(({ from, to }) => early(from) && !early(to) && !isBuiltin(to));
    expect(wrong.map(showImport)).toEqual([]);
  });
});

describe('settings, topology and rendering', () => {
  const PURE = ['stacks/settings/', 'stacks/topology/', 'stacks/render/', 'stacks/compose/'];
  const sources = STACKS.filter(({ path }) => matches(path, PURE));

  it('import no module of Node that reads anything', () => {
    const allowed = ['node:crypto', 'node:path', 'node:path/posix', 'node:util'];
    const wrong = importsOf(sources).filter(({ to }) => isBuiltin(to) && !allowed.includes(to));
    expect(wrong.map(showImport)).toEqual([]);
  });

  it('read no environment, clock or chance', () => {
    const pattern =
      /\bprocess\.(env|cwd|argv|platform|arch|getuid|hrtime)\b|\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\brandom(Bytes|Int|UUID)\b|\bperformance\b/;
    expect(findAll(sources, pattern)).toEqual([]);
  });
});

/** Where the type `any` is written, in JSDoc, too. */
function anyTypes(source: Source): string[] {
  // Most files have no such word, and reading a tree takes a while.
  if (!/\bany\b/.test(source.text)) return [];
  const file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): string[] => [
    ...(node.kind === ts.SyntaxKind.AnyKeyword
      ? [`${source.path}:${lineAt(source, node.getStart(file))}: ${node.parent.getText(file)}`]
      : []),
    ...node.getChildren(file).flatMap(visit),
  ];
  return visit(file);
}

describe('the sources', () => {
  const LONGEST = 300;

  it(`have at most ${LONGEST} lines each`, () => {
    const lengths = ALL.map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }));
    const long = lengths.filter(({ lines }) => lines > LONGEST);
    expect(long.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
  });

  it('have no type "any"', () => {
    expect(ALL.flatMap(anyTypes)).toEqual([]);
    expect(findAll(ALL, /noExplicitAny/)).toEqual([]);
    // Each file is parsed: over five seconds on a busy host.
  }, 30_000);

  it('have no list of what the topology has', () => {
    const lists = /\b(COMPONENTS|IMAGE_KEYS|PORT_OWNER|PLACES|REACHES|assemblers|componentsOf)\b/;
    expect(findAll(ALL, lists)).toEqual([]);
  });

  it('cite no document that is not here', () => {
    const citations = /\bdesign point\b|\bthe seed\b|\bFAQ ["'“「]|\bSection \d+ of\b/i;
    expect(findAll([...ALL, ...TESTS], citations)).toEqual([]);
  });
});
