/** Plans the build of a user's own Dockerfile: what it is built on and from, and what is wrong with it. */
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { messages } from '../../messages/index.ts';
import type { ContextBuild, DockerfileRecipe } from '../../stacks/topology/image-source.ts';
import { type StandIn, standInFor } from '../../stacks/topology/stand-ins.ts';
import { type BuildFiles, buildFiles } from './context.ts';
import { digestFiles } from './digest.ts';
import { type Dockerfile, readDockerfile, type Stage } from './dockerfile.ts';
import { type BuildOptions, isSource } from './options.ts';
import type { PlannedImage } from './plan.ts';

const said = messages.images.ownBuild;

/** The build of a user's own Dockerfile. */
export interface OwnBuild {
  readonly source: ContextBuild;
  readonly options: BuildOptions;
  /** As it is written. */
  readonly text: string;
  readonly dockerfile: Dockerfile;
  readonly files: BuildFiles;
  /** Images that are made here instead of those the Dockerfile names, by its names. */
  readonly standIns: ReadonlyMap<string, PlannedImage>;
  /** How stand-ins differ from what they stand for. */
  readonly differences: readonly string[];
}

const DOCKERFILE = 'Dockerfile';

/** Path of the Dockerfile. */
export const dockerfileOf = ({ folder, dockerfile = DOCKERFILE }: ContextBuild): string =>
  resolve(folder, dockerfile);

/** @example shownPath('/srv/app/backend/Dockerfile', '/srv/app') // 'backend/Dockerfile' */
export function shownPath(path: string, from = process.cwd()): string {
  const short = relative(from, path);
  return short.startsWith('../../') ? path : short;
}

/** Build arguments: those of the service win over those of all builds. */
export const argsOf = ({
  source,
  options,
}: Pick<OwnBuild, 'source' | 'options'>): Record<string, string> => ({
  ...options.args,
  ...source.args,
});

/**
 * Reads what is built.
 * @param planStandIn plans an image that is made here
 */
export function readOwnBuild(
  source: ContextBuild,
  options: BuildOptions,
  planStandIn: (recipe: DockerfileRecipe) => PlannedImage,
): OwnBuild {
  const text = readFileSync(dockerfileOf(source), 'utf8');
  const dockerfile = readDockerfile(text, argsOf({ source, options }), source.target);
  const made = options.standIns
    ? dockerfile.bases.flatMap(({ reference }): [string, StandIn][] => {
        const standIn = standInFor(reference, options.base);
        return standIn ? [[reference, standIn]] : [];
      })
    : [];
  return {
    ...{ source, options, text, dockerfile },
    files: buildFiles(source.folder, dockerfile.copied, source.dockerfile),
    standIns: new Map(made.map(([reference, { recipe }]) => [reference, planStandIn(recipe)])),
    differences: made.flatMap(([reference, { differs }]) =>
      differs ? [said.differs(reference, differs)] : [],
    ),
  };
}

/** What decides the image's tag: what it is built from, and not where packages and images come from. */
export function digestOwnBuild({ source, options, text, files, standIns }: OwnBuild): string {
  const args = Object.entries(argsOf({ source, options })).filter(([name]) => !isSource(name));
  const isInContext = files.files.includes(dockerfileOf(source));
  const extra = [
    ...args.sort().map(([name, value]) => `ARG ${name}=${value}`),
    ...(source.target ? [`TARGET ${source.target}`] : []),
    ...(source.dockerfile && source.dockerfile !== DOCKERFILE ? [`DOCKERFILE ${source.dockerfile}`] : []),
    ...(isInContext ? [] : [text]),
    ...[...standIns].map(([reference, { reference: made }]) => `FROM ${reference}=${made}`),
    ...(options.edition ? [`EDITION ${options.edition}`] : []),
  ];
  return digestFiles(source.folder, files.files, extra);
}

const runs = ({ instructions }: Stage, program: RegExp) =>
  instructions.find(({ keyword, rest }) => keyword === 'RUN' && program.test(rest));

/** Whether a stage is built on an image made here, itself or through another stage. */
function standsIn(
  stages: readonly Stage[],
  stage: Stage,
  standIns: OwnBuild['standIns'],
): string | undefined {
  if (standIns.has(stage.from)) return stage.from;
  const other = stages.find(({ name, line }) => name === stage.from.toLowerCase() && line < stage.line);
  return other && standsIn(stages, other, standIns);
}

/** @returns a line for each thing that keeps a Dockerfile from being built. @param hasBuildKit whether it is there */
export function ownBuildProblems(build: OwnBuild, hasBuildKit: boolean): string[] {
  const { dockerfile, source, standIns } = build;
  const file = shownPath(dockerfileOf(source));
  const needed = [
    ...dockerfile.buildKit.map(({ line, what }) => said.needsBuildKit(file, line, what)),
    ...(source.secrets?.length ? [said.secretsNeedBuildKit(file)] : []),
  ];
  const apk = dockerfile.stages.flatMap((stage) => {
    const reference = standsIn(dockerfile.stages, stage, standIns);
    const instruction = reference && runs(stage, /(^|[\s;&|(])apk\s/);
    return instruction ? [said.apk(file, instruction.line, reference)] : [];
  });
  return [
    ...dockerfile.problems.map((problem) => said.problem(file, problem)),
    ...(hasBuildKit ? [] : needed),
    ...apk,
  ];
}
