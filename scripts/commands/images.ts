import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { editionOf, keepEdition } from '../deployment/edition.ts';
import { root } from '../deployment/host.ts';
import { loadDeployment } from '../deployment/project.ts';
import { docker } from '../docker/client.ts';
import { ensureImages, missingImages } from '../images/build.ts';
import { buildOptions } from '../images/options.ts';
import { type PlannedImage, type PlannedImages, planImages, withBaseImages } from '../images/plan.ts';
import { paint, secondsSince } from '../lib/report.ts';
import { timestamp } from '../lib/text.ts';

const said = messages.commands.images;

/** @throws {UserError} naming those there are, for any other name */
function imageNamed(name: string, { byService, all: images }: PlannedImages): PlannedImage {
  const image = byService.get(name) ?? images.find((planned) => planned.name === name);
  if (image) return image;
  const names = [...new Set(images.map((planned) => planned.name))].join(', ');
  throw new UserError(said.noImage(name), said.oneOf(names));
}

function plannedImages(): PlannedImages {
  const { settings, topology } = loadDeployment();
  return planImages(topology, root, buildOptions(settings, editionOf(settings.BTCW_PROJECT)));
}

/** The name under which a deployment with the current settings and sources runs an image. */
export const imageReference = (name: string): string => imageNamed(name, plannedImages()).reference;

/**
 * Builds what is missing of the images.
 * @param name only this image and what it is built on
 */
export async function images(name?: string): Promise<void> {
  // Of one that does not answer, every image would be missing.
  await docker(['version'], { what: messages.deployment.host.askingEngine });
  const planned = plannedImages();
  await ensureImages(name ? withBaseImages([imageNamed(name, planned)]) : planned.all);
  if (!name && (await missingImages(planned.all)).length === 0) console.log(`✓ ${said.allThere}`);
}

/**
 * Builds every image anew under new names, on today's packages, and asks registries for those that are not built here.
 * What runs stays: `deploy` has the new ones run, and `rollback` the old ones again. Where it fails, nothing has changed.
 * @param name none: all are renewed together
 */
export async function renewImages(name?: string): Promise<void> {
  if (name) throw new UserError(said.freshAll, said.freshAlone);
  const startedMs = Date.now();
  const { settings, topology } = loadDeployment();
  const edition = timestamp();
  const { all } = planImages(topology, root, buildOptions(settings, edition));
  await ensureImages(all, { renew: true });
  keepEdition(settings.BTCW_PROJECT, edition);
  console.log(`${paint('green', '✓')} ${said.renewed(secondsSince(startedMs))}`);
}
