/** What services are called here, what each waits for, and which of them run to completion. */
import { messages } from '../../messages/index.ts';
import { type Draft, hasRoutes } from './draft.ts';
import { healthBuiltIn } from './images.ts';
import type { Report } from './node.ts';

const said = messages.compose.order;

/** Names that this package's own services, images and volumes have. */
const TAKEN = new Set(['nginx', 'frpc', 'frps', 'guard', 'base', 'deployment']);
const NAME = /^[a-z][a-z0-9-]{0,30}$/;

/** @returns what each service is called here, by what the file calls it */
export function nameServices(drafts: readonly Draft[], report: Report): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { name, node } of drafts) {
    const plain = name.toLowerCase().replace(/[._]/g, '-');
    const wanted = TAKEN.has(plain) ? `app-${plain}` : plain;
    if (!NAME.test(wanted)) {
      report.problem(node, said.name);
    } else if ([...names.values()].includes(wanted)) {
      report.problem(node, said.taken(wanted));
    }
    if (wanted !== name) report.notice(said.called(wanted), name);
    names.set(name, wanted);
  }
  return names;
}

/** Whether the port of its routes is its health check. */
const isAsked = (draft: Draft): boolean => !draft.hasHealthcheck && hasRoutes(draft);

interface Known {
  readonly leftOut: ReadonlySet<string>;
  readonly inactive: ReadonlySet<string>;
  readonly names: ReadonlyMap<string, string>;
}

export function checkOrder(
  drafts: readonly Draft[],
  { leftOut, inactive, names }: Known,
  report: Report,
): { readonly dependsOn: ReadonlyMap<string, readonly string[]>; readonly oneOff: ReadonlySet<string> } {
  const byName = new Map(drafts.map((draft) => [draft.name, draft]));
  const oneOff = new Set(drafts.filter(({ extension }) => extension.oneOff).map(({ name }) => name));
  const dependsOn = new Map<string, readonly string[]>();
  for (const draft of drafts) {
    const waitsFor = draft.dependencies.flatMap(({ node, service, condition, required }) => {
      const other = byName.get(service);
      if (!other) {
        if (!leftOut.has(service) && required) {
          report.problem(node, inactive.has(service) ? said.inactive(service) : said.unknown(service));
        }
        return [];
      }
      if (condition === 'service_completed_successfully') oneOff.add(service);
      const hasHealth = other.definition.health || healthBuiltIn(other) || isAsked(other);
      if (condition === 'service_healthy' && !hasHealth) {
        report.problem(node, said.noHealthcheck(service));
      }
      return names.get(service) ?? [];
    });
    dependsOn.set(draft.name, [...new Set(waitsFor)]);
  }
  return { dependsOn, oneOff };
}
