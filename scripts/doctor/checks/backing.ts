/** What an application of the owner's connects to, and what its limits end. */
import type { Service } from '../../../stacks/topology/service.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { backingProblem } from '../../deployment/backing-services.ts';
import { isOwn } from '../../deployment/profile.ts';
import { type Check, hopOf } from './check.ts';
import { deployed, engine } from './host.ts';

/** A database that does not answer keeps an application from working that is healthy. */
const connects = (topology: Topology, service: Service): Check => ({
  id: `connects-${service.name}`,
  name: `${service.name} reaches the databases that its environment names`,
  hop: hopOf(topology, service),
  dependsOn: [engine, deployed],
  settings: service.reads,
  run: ({ backing }) => {
    const answers = backing[service.name];
    if (!answers) return undefined;
    if (answers.length === 0) return { ok: 'its environment names none' };
    const problems = answers.flatMap((answer) => backingProblem(answer) ?? []);
    if (problems.length === 0) {
      return { ok: answers.map(({ variable, host, port }) => `${variable}: ${host}:${port}`).join(', ') };
    }
    const [first] = answers.filter((answer) => backingProblem(answer));
    return {
      problem: problems.join('; '),
      fix: `start it, or set ${first?.variable} to where ${service.name} reaches it, then: npm run deploy`,
    };
  },
});

export const backingChecks = (topology: Topology): Check[] =>
  topology.services.filter(isOwn).map((service) => connects(topology, service));
