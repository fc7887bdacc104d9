/** The databases that the owner's services name in their environment. */
import type { Topology } from '../../../stacks/topology/topology.ts';
import { askBackingServices, type BackingAnswer, connecting } from '../../deployment/backing-services.ts';
import { isOwn } from '../../deployment/profile.ts';
import type { DockerQuestions } from './docker.ts';
import { fact } from './fact.ts';

const DEADLINES_MS = [10_000, 20_000] as const;

/** By service; undefined for one that could not be tried. */
export type BackingFacts = Readonly<Record<string, readonly BackingAnswer[] | undefined>>;

/** What does not answer is asked once more, alone. */
export async function gatherBacking(topology: Topology, docker: DockerQuestions): Promise<BackingFacts> {
  const named = new Set(connecting(topology));
  const facts = topology.services.filter(isOwn).map(async (service) => {
    if (!named.has(service)) return [service.name, []] as const;
    const answers = await fact(() =>
      docker.rounds.ask({
        ask: (deadlineMs) => askBackingServices(topology, service, deadlineMs),
        isAnswer: (found) => found?.every(({ reach }) => reach !== 'silent') ?? false,
        deadlinesMs: DEADLINES_MS,
        isWorthwhile: docker.engineAnswers,
      }),
    );
    return [service.name, answers] as const;
  });
  return Object.fromEntries(await Promise.all(facts));
}
