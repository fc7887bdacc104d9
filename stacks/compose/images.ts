/** Which image a service runs. */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import { commandHealth } from '../topology/health.ts';
import type { ImageSource } from '../topology/image-source.ts';
import { postgresImage } from '../topology/postgres.ts';
import { redisImage } from '../topology/redis.ts';
import type { Draft } from './draft.ts';
import type { Report } from './node.ts';

const said = messages.compose.images;

/** Images of this package that a file may name. */
const BUILT_HERE: Readonly<Record<string, (settings: Settings) => ImageSource>> = {
  'btcw/postgres': postgresImage,
  'btcw/redis': redisImage,
};

/** Images of Docker Hub that those take the place of, whichever version is asked for. */
const HUB_IMAGE = /^(?:docker\.io\/)?(?:library\/)?(postgres|redis)(?::[\w.-]+)?$/;
const VERSIONS: Readonly<Record<string, string>> = { postgres: 'PostgreSQL 17', redis: 'Redis 8' };

/** Takes what is made here in the place of images that no registry may give. */
export function takeStandIns(drafts: readonly Draft[], settings: Settings, report: Report): void {
  if (settings.BTCW_STAND_INS === 'off') return;
  for (const draft of drafts) {
    const [wanted = '', name = ''] = (!draft.build && HUB_IMAGE.exec(draft.image?.reference ?? '')) || [];
    if (!draft.image || !wanted) continue;
    draft.image = { ...draft.image, reference: `btcw/${name}` };
    report.notice(said.standIn(VERSIONS[name] ?? name, wanted), draft.name);
  }
}

const builtHere = ({ image, build }: Draft): string | undefined =>
  !build && image?.reference.startsWith('btcw/') ? image.reference : undefined;

/** The health check that images of this package have. */
export const healthBuiltIn = (draft: Draft) => (builtHere(draft) ? commandHealth('healthcheck') : undefined);

/**
 * @param drafts all services: an image that one of them builds and names is another's, too
 * @returns undefined after a problem
 */
export function imageOf(
  draft: Draft,
  drafts: readonly Draft[],
  settings: Settings,
  report: Report,
): ImageSource | undefined {
  const { build, image, node } = draft;
  if (build) return build;
  if (!image) {
    report.problem(node, said.noImage);
    return undefined;
  }
  const { reference } = image;
  const ours = builtHere(draft);
  if (ours) {
    const source = BUILT_HERE[ours]?.(settings);
    if (!source) report.problem(image.node, said.ours(Object.keys(BUILT_HERE).join(', '), ours));
    return source;
  }
  const builder = drafts.find((other) => other.build && other.image?.reference === reference);
  return builder?.build ?? { kind: 'reference', reference };
}
