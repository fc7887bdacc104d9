import { CATALOGUES, messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { PORT_SETTINGS, SETTINGS } from '../../stacks/settings/definitions.ts';
import { editionOf } from '../deployment/edition.ts';
import { root } from '../deployment/host.ts';
import { loadDeployment } from '../deployment/project.ts';
import { inspect } from '../docker/inspect.ts';
import { buildOptions } from '../images/options.ts';
import { planImages } from '../images/plan.ts';
import { execa } from '../lib/execa.ts';
import { printJson } from '../lib/json.ts';
import { table } from '../lib/report.ts';

const { common, bench: said } = messages.commands;

export interface BenchOptions {
  readonly json?: boolean;
}

/** One figure: seconds, and the ratio to what it is compared with, measured in the same run. */
interface Figure {
  readonly name: keyof typeof said.figures;
  readonly seconds: number;
  readonly ratio?: number;
  readonly to?: keyof typeof said.references;
}

const ROUNDS = 3;
/** Apart from every deployment that is in use. */
const PLAYGROUND = {
  BTCW_PROJECT: 'btcw-bench',
  ...Object.fromEntries(
    PORT_SETTINGS.map((name) => [name, String(20_000 + (Number(SETTINGS[name].default) % 10_000))]),
  ),
  CHECKPOINT_DISABLE: '1',
};

/** Runs a program in the playground. @returns seconds */
async function time(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number> {
  const started = performance.now();
  const { exitCode, all } = await execa(program, args, {
    env: { ...PLAYGROUND, ...env },
    all: true,
    reject: false,
  });
  if (exitCode !== 0) throw new UserError(said.failed([program, ...args].join(' '), String(all)));
  return (performance.now() - started) / 1000;
}

const npm = (command: string, ...args: string[]) => time('npm', ['run', '--silent', command, '--', ...args]);

async function median(measure: () => Promise<number>): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measure());
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

async function measure(): Promise<Figure[]> {
  await npm('deploy');
  await npm('destroy', '--yes');
  const cold = await npm('deploy');
  const deploy = await median(() => npm('deploy'));
  const diff = await median(() => npm('diff'));
  const doctor = await median(() => npm('doctor'));
  const cdktfDeploy = await median(() => time('npx', ['cdktf', 'deploy', '--auto-approve']));
  const cdktfDiff = await median(() => time('npx', ['cdktf', 'diff']));
  let limit = 1000;
  const change = await median(() => {
    limit += 1;
    return time('npm', ['run', '--silent', 'deploy'], { BTCW_MAX_CONNECTIONS: String(limit) });
  });
  return [
    { name: 'cold', seconds: cold },
    { name: 'deploy', seconds: deploy, ratio: deploy / cdktfDeploy, to: 'cdktfDeploy' },
    { name: 'diff', seconds: diff, ratio: diff / cdktfDiff, to: 'cdktfDiff' },
    { name: 'doctor', seconds: doctor, ratio: doctor / cdktfDiff, to: 'cdktfDiff' },
    { name: 'cdktfDeploy', seconds: cdktfDeploy },
    { name: 'cdktfDiff', seconds: cdktfDiff },
    { name: 'change', seconds: change, ratio: change / cold, to: 'cold' },
  ];
}

/** Figures have the same names in every language. */
const asJson = ({ name, to, ...figure }: Figure) => {
  const { figures, references } = CATALOGUES.en.commands.bench;
  return { name: figures[name], ...figure, ...(to && { to: references[to] }) };
};

async function imageSizes(): Promise<[string, string][]> {
  const { settings, topology } = loadDeployment();
  const { all } = planImages(topology, root, buildOptions(settings, editionOf(settings.BTCW_PROJECT)));
  const images = await inspect(
    'image',
    all.map(({ reference }) => reference),
  );
  return images.map(({ RepoTags, Size }) => [RepoTags?.[0] ?? '', `${(Size / 1e6).toFixed(0)} MB`]);
}

/** Measures on a deployment of its own, and removes it. Figures are medians of three, but for the cold deploy. */
export async function bench(options: BenchOptions): Promise<void> {
  try {
    const figures = await measure();
    const sizes = await imageSizes();
    if (options.json) {
      printJson({ figures: figures.map(asJson), images: Object.fromEntries(sizes) });
      return;
    }
    const rows = figures.map(({ name, seconds, ratio, to }) => [
      said.figures[name],
      `${seconds.toFixed(2)} s`,
      ratio === undefined || !to ? '' : `${ratio.toFixed(2)} × ${said.references[to]}`,
    ]);
    console.log(table([said.measured, said.time, said.ratio], rows));
    console.log(table([said.image, common.size], sizes));
  } finally {
    await npm('destroy', '--yes');
  }
}
