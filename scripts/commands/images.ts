import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { root } from '../deployment/host.ts';
import { loadDeployment } from '../deployment/project.ts';
import { docker } from '../docker/client.ts';
import { ensureImages, missingImages } from '../images/build.ts';
import { buildOptions } from '../images/options.ts';
import { type PlannedImage, type PlannedImages, planImages, withBaseImages } from '../images/plan.ts';

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
  return planImages(topology, root, buildOptions(settings));
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
