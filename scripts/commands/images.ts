import { type ImageKey, neededImages, planImages, withBases } from '../../stacks/images.ts';
import { loadSettings } from '../../stacks/settings.ts';
import { step } from '../bootstrap/step.mjs';
import { ensureImages, missingImages } from '../lib/images.ts';
import { root } from '../lib/project.ts';

/** The name under which a deployment with the current settings and sources runs an image. */
export function imageReference(key: ImageKey): string {
  return planImages(loadSettings(), root)[key].reference;
}

/**
 * Builds what is missing of the images.
 * @param key only this image and what it is built on
 */
export async function images(key?: ImageKey): Promise<void> {
  const settings = loadSettings();
  const planned = planImages(settings, root);
  const needed = neededImages(planned, settings);
  const wanted = key ? withBases([planned[key]]) : needed;
  await ensureImages(wanted, (title, work) =>
    step(title, async (report) => {
      await work(report);
      return { detail: 'built' };
    }),
  );
  if (!key && (await missingImages(needed)).length === 0) console.log('✓ Images: all there');
}
