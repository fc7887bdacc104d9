import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { ARCHITECTURE } from '../bootstrap/environment.mjs';
import { signingKey } from '../bundle/key.ts';
import { writeBundle } from '../bundle/write.ts';
import { editionOf } from '../deployment/edition.ts';
import { root } from '../deployment/host.ts';
import { loadDeployment } from '../deployment/project.ts';
import { inspect } from '../docker/inspect.ts';
import { ensureImages } from '../images/build.ts';
import { buildOptions } from '../images/options.ts';
import { planImages } from '../images/plan.ts';
import { bytesText } from '../lib/bytes.ts';
import { printJson } from '../lib/json.ts';
import { paint, secondsSince } from '../lib/report.ts';

const said = messages.commands.bundle;

export interface BundleOptions {
  readonly json?: boolean;
  /** @default - of this machine */
  readonly arch?: string;
}

/** @throws {UserError} for an image that another machine could not run, or would not find */
async function requirePortable(references: readonly string[]): Promise<void> {
  for (const reference of references) {
    const [image] = await inspect('image', [reference]);
    if (image && image.Architecture !== ARCHITECTURE)
      throw new UserError(said.otherImage(reference, image.Architecture, ARCHITECTURE));
  }
}

/** Writes one file with all that `up` needs on a machine without a network. */
export async function bundle(file: string, options: BundleOptions): Promise<void> {
  const startedMs = Date.now();
  const { arch = ARCHITECTURE, json = false } = options;
  if (arch !== ARCHITECTURE) throw new UserError(said.otherArch(arch, ARCHITECTURE), said.otherArchFix(arch));
  if (existsSync(file)) throw new UserError(said.exists(file), said.existsFix);
  const { settings, topology } = loadDeployment();
  if (settings.BTCW_FRONTEND_MODE === 'dev') throw new UserError(said.devMode);
  const edition = editionOf(settings.BTCW_PROJECT);
  const { all } = planImages(topology, root, buildOptions(settings, edition));
  const images = all.map(({ reference }) => reference);
  const atDigest = images.find((reference) => reference.includes('@'));
  if (atDigest) throw new UserError(said.atDigest(atDigest), said.atDigestFix);
  await ensureImages(all);
  await requirePortable(images);
  mkdirSync(dirname(file), { recursive: true });
  const key = signingKey();
  const manifest = await writeBundle(root, file, { settings, images, ...(edition && { edition }) }, key);
  const { size } = statSync(file);
  if (json) {
    printJson({ file, bytes: size, fingerprint: key.fingerprint, ...manifest });
    return;
  }
  console.log(`${paint('green', '✓')} ${said.done(file, bytesText(size), secondsSince(startedMs))}`);
  console.log(`  ${said.signed(key.fingerprint)}`);
  console.log(`  ${said.publicKey(key.publicFile)}`);
  console.log(`  ${said.use(file)}`);
}
