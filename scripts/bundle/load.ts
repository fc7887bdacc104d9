/** Takes the images of a bundle that has been checked. */
import type { Readable } from 'node:stream';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { member, PARTS, readManifest } from '../bootstrap/bundle.mjs';
import { editionOf, keepEdition } from '../deployment/edition.ts';
import { root } from '../deployment/host.ts';
import { loadDeployment } from '../deployment/project.ts';
import { feedIn } from '../docker/stream.ts';
import { missingImages } from '../images/build.ts';
import { buildOptions } from '../images/options.ts';
import { planImages } from '../images/plan.ts';
import { step } from '../lib/live.ts';

const said = messages.commands.bundle;

/**
 * Gives this host the images of a bundle, and has deployments run them.
 * @param file absolute; it has been checked
 * @throws {UserError} where the settings here ask for others: nothing has changed then
 */
export async function loadBundleImages(file: string): Promise<void> {
  const { images, edition } = await readManifest(file);
  const { settings, topology } = loadDeployment();
  const project = settings.BTCW_PROJECT;
  const planned = planImages(topology, root, buildOptions(settings, edition)).all;
  const missing = await missingImages(planned);
  const notIn = missing.filter(({ reference }) => !images.includes(reference));
  if (notIn.length > 0) {
    throw new UserError(said.notIn(notIn.map(({ reference }) => reference).join(', ')), said.notInFix);
  }
  if (missing.length > 0) {
    await step(said.loading, async () => {
      await feedIn(said.reading, ['load'], member(file, PARTS.images) as Readable);
      return said.loaded;
    });
  }
  if (edition !== editionOf(project)) keepEdition(project, edition);
}
